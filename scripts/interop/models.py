"""Random small networks, as TensorFlow's own converter writes them in int8, and what interpreters make of them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tflite_micro import runtime

layers = tf.keras.layers


def pick(rng, *choices):
    return choices[int(rng.integers(len(choices)))]


def hidden(rng):
    return pick(rng, "relu", "relu", "relu6", "leaky_relu", "tanh", "sigmoid", "linear")


def head(rng):
    """The last layers: what classifies, what tells one probability, what measures."""
    kind = pick(rng, "softmax", "softmax", "sigmoid", "tanh", "linear")
    return layers.Dense(int(rng.integers(2, 12)), activation=kind)


def dense(rng):
    size = (int(rng.integers(3, 80)),)
    body = [
        layers.Dense(int(rng.integers(4, 40)), activation=hidden(rng), use_bias=pick(rng, True, True, False))
        for _ in range(int(rng.integers(1, 4)))
    ]
    return size, body + [head(rng)]


def conv1d(rng):
    size = (int(rng.integers(12, 48)), int(rng.integers(1, 7)))
    body = [
        layers.Conv1D(
            int(rng.integers(2, 12)),
            int(rng.integers(1, 6)),
            strides=pick(rng, 1, 1, 2),
            padding=pick(rng, "same", "valid"),
            activation=hidden(rng),
            use_bias=pick(rng, True, True, False),
        )
    ]
    pool = pick(rng, layers.MaxPooling1D, layers.AveragePooling1D, None)
    if pool:
        body.append(pool(pick(rng, 2, 3), padding=pick(rng, "same", "valid")))
    body.append(layers.Conv1D(int(rng.integers(2, 9)), 3, padding="same", activation=hidden(rng)))
    return size, body + [layers.Flatten(), head(rng)]


def conv2d(rng):
    size = (int(rng.integers(12, 20)), int(rng.integers(12, 20)), int(rng.integers(1, 4)))
    strides = pick(rng, 1, 1, 2)
    body = [
        layers.Conv2D(
            int(rng.integers(2, 12)),
            (int(rng.integers(1, 5)), int(rng.integers(1, 5))),
            strides=strides,
            dilation_rate=pick(rng, 1, 1, 2) if strides == 1 else 1,
            padding=pick(rng, "same", "valid"),
            activation=hidden(rng),
        )
    ]
    pool = pick(rng, layers.MaxPooling2D, layers.AveragePooling2D, None)
    if pool:
        body.append(pool(pick(rng, 2, 3), strides=pick(rng, 1, 2), padding=pick(rng, "same", "valid")))
    body.append(layers.Conv2D(int(rng.integers(2, 9)), 3, padding="same", activation=hidden(rng)))
    return size, body + [layers.Flatten(), head(rng)]


def depthwise(rng):
    size = (int(rng.integers(8, 18)), int(rng.integers(8, 18)), int(rng.integers(1, 5)))
    body = [
        layers.DepthwiseConv2D(
            (int(rng.integers(1, 5)), int(rng.integers(1, 5))),
            strides=pick(rng, 1, 2),
            padding=pick(rng, "same", "valid"),
            depth_multiplier=int(rng.integers(1, 4)),
        ),
        layers.ReLU(max_value=pick(rng, None, 6.0)),
        layers.Conv2D(int(rng.integers(2, 10)), 1, activation=hidden(rng)),
        layers.DepthwiseConv2D(3, padding="same", activation=hidden(rng), use_bias=pick(rng, True, False)),
        layers.AveragePooling2D(2, padding="same"),
    ]
    return size, body + [layers.Flatten(), head(rng)]


KINDS = {"dense": dense, "conv1d": conv1d, "conv2d": conv2d, "depthwise": depthwise}


def freeze(model, size):
    """The model as a graph without variables, for one row."""
    call = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec((1, *size), tf.float32))
    return tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(call)])


def convert(model, size, rows, float_edges=False, per_channel=False, noise=0.3):
    """Full integer quantisation; fully connected layers per tensor unless asked for."""
    # A freshly made network has biases of 0 and weights of one size: neither is what a trained one has.
    rng = np.random.default_rng(rows.size)
    model.set_weights([w + rng.normal(0, noise, w.shape).astype(np.float32) for w in model.get_weights()])
    converter = freeze(model, size)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in rows)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter._experimental_disable_per_channel_quantization_for_dense_layers = not per_channel
    if not float_edges:
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def random_model(kind, rng):
    """A .tflite file, and the shape of its input."""
    size, stack = KINDS[kind](rng)
    model = tf.keras.Sequential([tf.keras.Input(size), *stack])
    rows = rng.normal(rng.normal(0, 1), rng.uniform(0.2, 3), (32, *size)).astype(np.float32)
    return convert(model, size, rows, pick(rng, False, False, True)), size


def micro(file, rows):
    """What TensorFlow Lite Micro's interpreter, with its reference kernels, gives for each row."""
    interpreter = runtime.Interpreter.from_bytes(file)
    results = []
    for row in rows:
        interpreter.set_input(row[None], 0)
        interpreter.invoke()
        results.append(np.array(interpreter.get_output(0))[0])
    return np.stack(results)


def lite(file, rows):
    """What TensorFlow's own interpreter gives, with its reference kernels."""
    resolver = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(model_content=file, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    [into], [out] = interpreter.get_input_details(), interpreter.get_output_details()
    results = []
    for row in rows:
        interpreter.set_tensor(into["index"], row[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(out["index"])[0])
    return np.stack(results)


def input_size(file):
    """Its shape without the rows."""
    return tuple(int(n) for n in runtime.Interpreter.from_bytes(file).get_input_details(0)["shape"][1:])


def output_scale(file):
    """One step of the codes behind a float output."""
    interpreter = tf.lite.Interpreter(model_content=file)
    names = {t["index"]: t for t in interpreter.get_tensor_details()}
    last = interpreter._get_ops_details()[-1]
    return float(names[last["inputs"][0]]["quantization"][0])


def random_rows(file, size, rng, count=16):
    """Rows in the type of the file's input: over the whole range of codes, or of floats around it."""
    details = runtime.Interpreter.from_bytes(file).get_input_details(0)
    if details["dtype"] == np.float32:
        return rng.normal(0, 3, (count, *size)).astype(np.float32)
    return rng.integers(-128, 128, (count, *size)).astype(np.int8)
