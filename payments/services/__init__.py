"""What can be done with money. Services take objects and an actor; the outermost caller owns `atomic()`."""
