"""Random networks with rows and what the interpreters make of them: int8.py DIRECTORY SEED COUNT, so many of each kind."""

import json
import sys
from pathlib import Path

import models
import numpy as np

directory, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
networks = []
for number, kind in enumerate(models.KINDS):
    for index in range(count):
        rng = np.random.default_rng([seed, number, index])
        file, size = models.random_model(kind, rng)
        rows = models.random_rows(file, size, rng)
        micro, lite = models.micro(file, rows), models.lite(file, rows)
        name = f"{kind}-{index}"
        (directory / f"{name}.tflite").write_bytes(file)
        rows.tofile(directory / f"{name}.in")
        micro.tofile(directory / f"{name}.out")
        step = models.output_scale(file) if micro.dtype == np.float32 else 1
        near = np.abs(micro.astype(float) - lite.astype(float)) < 1.5 * step
        floats = rows.dtype == np.float32
        networks.append({"name": name, "float": floats, "outputs": near.size, "near": int(near.sum())})
(directory / "networks.json").write_text(json.dumps(networks))
