"""One file a command; `joulebook.cli` imports each only when it is called."""
