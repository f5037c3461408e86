"""Salesforce and HubSpot: the tables of an export or of a sync as tables of the data contract."""
