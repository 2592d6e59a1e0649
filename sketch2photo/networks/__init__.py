"""The networks: generators and encoders, and the frozen features that pictures are compared by.

Pure PyTorch, shapes in and shapes out. Imports nothing else of the package; the model, training and evaluation import it.
"""
