"""Charts: a frame of data and a palette in, a plotly figure out."""
