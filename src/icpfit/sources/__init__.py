"""Readers of the data contract: every row in is a row used or a row left out, by reason."""
