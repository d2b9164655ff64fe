"""What the report of a trained network adds: errors over epochs, writes by array, in the terminal
too.

In goes the JSON form of a training (a result with its epochs); `page.py` gives plot and tables to
the page of the run, `terminal.py` prints them. Begin with `page.py`.
"""
