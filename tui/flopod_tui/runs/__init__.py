"""The runs of a store, as the list shows them."""
