"""The ICP document and the signal report: plain values first, then templates without arithmetic."""

from icpfit.documents.flat_market import flat_market
from icpfit.documents.market import Market, market_of
from icpfit.documents.render import render_html, render_markdown
from icpfit.documents.summary import summarise
from icpfit.documents.voices import voices_of

__all__ = ["Market", "flat_market", "market_of", "render_html", "render_markdown", "summarise", "voices_of"]
