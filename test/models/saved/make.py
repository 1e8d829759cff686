"""Makes the saved models that the tests of src/models/saved-*.ts and keras-*.ts read, and the numbers they must give.

    python3 -m venv /tmp/keras3 && /tmp/keras3/bin/pip install keras jax safetensors
    /tmp/keras3/bin/python test/models/saved/make.py                       # keras3/
    python3 -m venv /tmp/keras2 && /tmp/keras2/bin/pip install tensorflow-cpu==2.15.1 safetensors
    /tmp/keras2/bin/pip install --no-deps tensorflowjs==4.22.0 tensorflow_hub==0.16.1 tf_keras==2.15.1
    /tmp/keras2/bin/python test/models/saved/make.py                       # keras2/ and tfjs/

Beside each model lies NAME.safetensors: input, label, prediction, and where the model is trained the loss and the weights
before/LAYER/i and after/LAYER/i one step of SGD (rate 0.1). Its metadata name the loss. Weights of nested models
go by before/MODEL/LAYER/i.
"""

import os
import pathlib
import sys
import types

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np
from keras import layers
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
RATE = 0.1
V2 = keras.__version__.startswith("2.")
random = np.random.default_rng(7)


def leaves(model, prefix=""):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix + layer.name, layer


def weights(model, when):
    return {
        f"{when}/{name}/{i}": np.ascontiguousarray(value)
        for name, layer in leaves(model)
        for i, value in enumerate(layer.get_weights())
    }


def shake(model):
    """Zeros and ones would hide an order that is wrong; a moving variance must stay above 0."""
    for _, layer in leaves(model):
        layer.set_weights([np.abs(v + random.normal(0, 0.3, v.shape)) + 0.1 for v in layer.get_weights()])
        if not isinstance(layer, layers.BatchNormalization):
            signs = [np.where(random.random(v.shape) < 0.5, -1, 1) for v in layer.get_weights()]
            layer.set_weights([v * s for v, s in zip(layer.get_weights(), signs)])


def normalization(**options):
    """Keras 2 has a kernel of its own for pictures, whose moving variance divides by n - 1; Keras 3 and TensorFlow.js divide by n."""
    return layers.BatchNormalization(**options, **({"fused": False} if V2 else {}))


def sentences(*shape):
    return random.integers(0, 20, shape).astype("float32")


def images(*shape):
    return random.normal(0, 1, shape).astype("float32")


def one_of(rows, classes):
    return np.eye(classes, dtype="float32")[random.integers(0, classes, rows)]


def dense():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01), name="first_dense"),
            layers.BatchNormalization(),
            layers.Dense(5, activation="tanh", use_bias=False),
            layers.LayerNormalization(),
            layers.LeakyReLU(0.1),
            layers.ELU(),
            layers.Dropout(0.0),
            layers.BatchNormalization(scale=False),
            layers.PReLU(),
            layers.Dense(3, bias_regularizer="l1"),
            layers.Softmax(),
        ],
        name="dense_model",
    ), images(4, 6), one_of(4, 3), "categorical_crossentropy"


def convolutions():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(0.5, offset=0.1),
            layers.ZeroPadding2D(((1, 2), (3, 4))),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
            normalization(momentum=0.9),
            layers.ReLU(max_value=6),
            layers.SeparableConv2D(5, 3, activation="elu"),
            layers.AveragePooling2D(2, strides=1),
            layers.Cropping2D(1),
            layers.Conv2DTranspose(3, 2, strides=2),
            layers.MaxPooling2D(2),
            layers.Dropout(0.0),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
            layers.Activation("softmax"),
        ]
    ), images(3, 8, 8, 3), one_of(3, 3), "categorical_crossentropy"


def volumes():
    return keras.Sequential(
        [
            keras.Input((4, 4, 4, 2)),
            layers.Conv3D(3, 2, activation="relu"),
            layers.MaxPooling3D(2, strides=1),
            layers.Flatten(),
            layers.Dense(1),
        ]
    ), images(2, 4, 4, 4, 2), images(2, 1), "mean_squared_error"


def graph():
    x = keras.Input((4, 4, 2), name="picture")
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    a = shared(x)
    b = layers.Permute((2, 1, 3))(x)
    b = shared(b)
    c = layers.Add()([a, b])
    d = layers.Multiply()([a, c])
    e = layers.Concatenate()([c, d, layers.Average()([a, b])])
    f = layers.Concatenate(axis=1)([layers.Maximum()([a, b]), layers.Minimum()([a, b])])
    g = layers.Reshape((-1, 16))(layers.Flatten()(f))
    e = layers.MaxPooling2D(4)(e)
    h = layers.Dot(axes=1, normalize=True)([layers.Flatten()(e), layers.Dense(9)(layers.GlobalAveragePooling1D()(g))])
    y = layers.Dense(2)(layers.Concatenate()([h, layers.GlobalMaxPooling2D()(e)]))
    return keras.Model(x, y, name="graph"), images(3, 4, 4, 2) / 4, images(3, 2), "mean_squared_error"


def recurrent():
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(20, 6),
            layers.LSTM(5, return_sequences=True),
            layers.GRU(4, return_sequences=True, name="gru_after"),
            layers.GRU(4, return_sequences=True, reset_after=False, name="gru_before"),
            layers.SimpleRNN(3),
            layers.Dense(1, activation="sigmoid"),
        ]
    ), sentences(4, 5), random.integers(0, 2, (4, 1)).astype("float32"), "binary_crossentropy"


def masked():
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(20, 4, mask_zero=True),
            layers.GRU(3, go_backwards=True, use_bias=False),
            layers.Dense(2),
        ]
    ), np.array([[3, 4, 0, 0, 0], [5, 6, 7, 8, 0]], "float32"), images(2, 2), "mean_squared_error"


def wrapped():
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            layers.Conv1D(5, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
            layers.RepeatVector(3),
            layers.AveragePooling1D(2, strides=1),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    ), images(3, 6, 4), images(3, 2), "mean_squared_error"


def nested():
    x = keras.Input((6, 6, 2))
    y = layers.Conv2D(3, 3)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    base = keras.Model(x, y, name="base")
    base.trainable = False
    x = keras.Input((6, 6, 2))
    head = keras.Sequential([keras.Input((48,)), layers.Dense(4, activation="relu"), layers.Dense(2)], name="head")
    y = base(x)
    y = layers.Flatten()(y)
    y = head(y)
    return keras.Model(x, y, name="transfer"), images(3, 6, 6, 2), images(3, 2), "mean_squared_error"


def stacked():
    """The usual way of fine-tuning: a model as a layer of a Sequential."""
    base = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="tanh")], name="base")
    return keras.Sequential(
        [keras.Input((5,)), base, layers.Dense(2)], name="stacked"
    ), images(3, 5), images(3, 2), "mean_squared_error"


def activations():
    names = ["relu", "relu6", "elu", "selu", "sigmoid", "softplus", "softsign", "tanh", "linear", "swish", "gelu", "softmax"]
    if not V2:
        names += ["silu", "mish", "log_softmax"]
    return keras.Sequential(
        [keras.Input((4,))] + [layers.Dense(4, activation=name) for name in names]
    ), images(3, 4), images(3, 4), "mean_squared_error"


def deferred():
    """Built by its first call: the file says the shape elsewhere."""
    model = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(2)])
    x = images(3, 4)
    model(x)
    return model, x, images(3, 2), "mean_squared_error"


def two_sided():
    a, b = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    c = layers.Concatenate()([layers.Dense(3)(a), b])
    model = keras.Model([a, b], [layers.Dense(2, name="up")(c), layers.Dense(1, name="down")(c)])
    return model, [images(2, 3), images(2, 2)], None, None


def dropping():
    """Everything that is random in training: told apart from its absence by the configuration alone."""
    return keras.Sequential(
        [keras.Input((4, 3)), layers.GaussianNoise(0.5), layers.SpatialDropout1D(0.5), layers.GaussianDropout(0.5),
         layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5, return_sequences=True), layers.GRU(3, dropout=0.5, return_sequences=True),
         layers.AlphaDropout(0.5), layers.Dropout(0.5), layers.Flatten(), layers.Dense(1)]
    ), images(2, 4, 3), None, None


def upsampled():
    """Not trained: the cpu backend of TensorFlow.js 4.22 has the wrong gradient of nearest-neighbour upsampling."""
    return keras.Sequential(
        [
            keras.Input((4, 5, 2)),
            layers.UpSampling2D((2, 3)),
            layers.AveragePooling2D(3, strides=2, padding="same"),
            layers.Reshape((-1, 16)),
            layers.Dense(2),
        ]
    ), images(2, 4, 5, 2), None, None


def inference():
    """Layers that are called with training=False: Keras 2 keeps to it in training, Keras 3 does not."""
    x = keras.Input((3,))
    y = layers.Dense(4)(x)
    y = layers.BatchNormalization()(y, training=False)
    if V2:
        y = layers.Dropout(0.5)(y, training=False)
    base = keras.Sequential([keras.Input((4,)), normalization(center=False)], name="base")
    y = base(y, training=False)
    return keras.Model(x, layers.Dense(2)(y)), images(4, 3), images(4, 2), "mean_squared_error"


def channels_first():
    return keras.Sequential(
        [keras.Input((2, 4, 4)), layers.Conv2D(1, 2, data_format="channels_first", name="planes")]
    ), images(1, 2, 4, 4), None, None


def open_ended():
    return keras.Sequential([keras.Input((4, 3)), layers.Reshape((6, -1), name="wide"), layers.Dense(1)]), images(1, 4, 3), None, None


def causal():
    """TensorFlow.js would fail at the first prediction."""
    return keras.Sequential([keras.Input((4, 2)), layers.Conv1D(1, 2, padding="causal", name="past")]), images(1, 4, 2), None, None


def constrained():
    """TensorFlow.js does not keep to constraints in training."""
    return keras.Sequential(
        [keras.Input((2,)), layers.Dense(2, kernel_constraint="non_neg", name="positive")]
    ), images(1, 2), None, None


def hard_sigmoid():
    return keras.Sequential([keras.Input((2,)), layers.Dense(2, activation="hard_sigmoid", name="hard")]), images(2, 2), None, None


def unknown():
    """TensorFlow.js has no such layer."""
    return keras.Sequential([keras.Input((4, 4, 2)), layers.GroupNormalization(2, name="group_norm")]), images(1, 4, 4, 2), None, None


def dilated():
    """TensorFlow.js leaves the dilation of this layer out."""
    return keras.Sequential([keras.Input((8, 8, 2)), layers.DepthwiseConv2D(2, dilation_rate=2, name="far")]), images(1, 8, 8, 2), None, None


def save(build, folder, suffixes):
    name = build.__name__
    keras.backend.clear_session()
    model, x, label, loss = build()
    shake(model)
    prediction = model.predict(x, verbose=0)
    if name == "deferred":
        # Saved with an optimiser and what it has gathered, as most models are.
        model.compile(keras.optimizers.Adam(1e-9), loss)
        model.train_on_batch(x, label)
        prediction = model.predict(x, verbose=0)
    for suffix in suffixes:
        model.save(folder / f"{name}{suffix}")
    numbers = {}
    for key, value in (("input", x), ("prediction", prediction)):
        values = value if isinstance(value, list) else [value]
        numbers |= {f"{key}/{i}": np.asarray(v, "float32") for i, v in enumerate(values)}
    numbers |= weights(model, "before")
    metadata = {"made by": f"keras {keras.__version__}"}
    if loss is not None:
        model.compile(keras.optimizers.SGD(RATE), loss)
        numbers["loss"] = np.asarray(model.train_on_batch(x, label), "float32").reshape(1)
        numbers["label"] = label
        numbers |= weights(model, "after")
        metadata["loss"] = loss
    save_file({key: np.ascontiguousarray(value) for key, value in numbers.items()}, folder / f"{name}.safetensors", metadata)


def save_tensorflow_js(folder):
    """What Keras's own way to TensorFlow.js writes: layers models, and one graph model."""
    # The converter imports two packages that these conversions do not need.
    for name in ("tensorflow_decision_forests", "jax", "jax.experimental", "jax.experimental.jax2tf"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["jax.experimental"].jax2tf = sys.modules["jax.experimental.jax2tf"]
    import tensorflow as tf
    import tensorflowjs as tfjs

    for build in (recurrent, nested):
        keras.backend.clear_session()
        model = keras.models.load_model(HERE / "keras2" / f"{build.__name__}.h5")
        tfjs.converters.save_keras_model(model, folder / build.__name__)
    model = keras.models.load_model(HERE / "keras2" / "convolutions.h5")
    tf.saved_model.save(model, "/tmp/convolutions")
    tfjs.converters.convert_tf_saved_model("/tmp/convolutions", str(folder / "graph"))


KERAS_3 = [dense, convolutions, volumes, graph, recurrent, masked, wrapped, nested, stacked, activations, deferred, inference,
           two_sided, dropping, upsampled, channels_first, hard_sigmoid, unknown, dilated, open_ended, causal, constrained]
KERAS_2 = [dense, convolutions, graph, recurrent, wrapped, nested, stacked, deferred, inference, hard_sigmoid]
# The others are saved as .keras by Keras 3 and as .h5 by Keras 2.
BOTH = [recurrent, nested, stacked, deferred]

if __name__ == "__main__":
    folder = HERE / ("keras2" if V2 else "keras3")
    folder.mkdir(exist_ok=True)
    for build in KERAS_2 if V2 else KERAS_3:
        both = build in BOTH
        save(build, folder, [".keras", ".h5"] if both else [".h5"] if V2 else [".keras"])
    if V2:
        (HERE / "tfjs").mkdir(exist_ok=True)
        save_tensorflow_js(HERE / "tfjs")
