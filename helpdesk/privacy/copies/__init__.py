"""The copies of a ticket, a file for each class of them: each destroys its own, and looks whether anything is left."""
