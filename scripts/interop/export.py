"""Files of lib/export in TensorFlow Lite Micro and in TensorFlow's own interpreter: export.py DIRECTORY."""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import models
import numpy as np
import tensorflow as tf
from tflite_micro import runtime


def arena(file, row):
    """What TensorFlow Lite Micro says of its arena; it says so on stderr only."""
    interpreter = runtime.Interpreter.from_bytes(file)
    interpreter.set_input(row[None], 0)
    interpreter.invoke()
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            interpreter.print_allocations()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        said.seek(0)
        text = said.read().decode()
    sizes = {what: int(re.search(f"Arena allocation {what} (\\d+) bytes", text)[1]) for what in ("total", "head", "tail")}
    return {"used": sizes["total"], "tensors": sizes["head"], "kept": sizes["tail"]}


directory = Path(sys.argv[1])
arenas = {}
for name in json.loads((directory / "files.json").read_text()):
    file = (directory / f"{name}.tflite").read_bytes()
    details = tf.lite.Interpreter(model_content=file).get_input_details()[0]
    rows = np.fromfile(directory / f"{name}.in", details["dtype"]).reshape((-1, *details["shape"][1:]))
    models.micro(file, rows).tofile(directory / f"{name}.micro")
    models.lite(file, rows).tofile(directory / f"{name}.lite")
    arenas[name] = arena(file, rows[0])
(directory / "arenas.json").write_text(json.dumps(arenas))
