"""Migrations of the ledger, one file a step; run by `joulebook.ledger.store.migrating`."""
