"""From attributions to points: the card that people read is the model that decides."""
