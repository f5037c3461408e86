"""The card for other systems: a workbook, and what a person enters in HubSpot or Salesforce. Values in, text or bytes out; no disk."""

from icpfit.exports.formats import FORMATS, export_card

__all__ = ["FORMATS", "export_card"]
