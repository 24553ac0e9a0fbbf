"""One screen a module, each with a stylesheet of its name beside it."""
