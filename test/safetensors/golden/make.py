"""Writes dtypes.safetensors and dtypes.json into the folder named by its argument: every dtype, by Python's struct and json.

The .json says, per tensor, its values as Python sees them and the first that float32 does not hold exactly (null: none).
The header is padded to no boundary, as older writers leave it, and the tensors lie at odd offsets.
"""

import json
import math
import struct
import sys
from pathlib import Path

NAN = math.nan
INF = math.inf


def bfloat16(values):
    """The upper halves of float32 values, which have zeros below."""
    words = [struct.pack("<f", value) for value in values]
    assert all(word[:2] == b"\0\0" for word in words if not math.isnan(struct.unpack("<f", word)[0]))
    return b"".join(word[2:] for word in words)


def packed(code):
    return lambda values: b"".join(struct.pack("<" + code, value) for value in values)


def small_float(exponent_bits, fraction_bits, has_infinity):
    """All finite values of a float of one byte by its definition: byte -> value."""
    bias = 2 ** (exponent_bits - 1) - 1
    top = 2**exponent_bits - 1
    table = {}
    for byte in range(256):
        sign = -1.0 if byte >> 7 else 1.0
        exponent = (byte >> fraction_bits) & top
        fraction = (byte & (2**fraction_bits - 1)) / 2**fraction_bits
        if has_infinity and exponent == top:
            table[byte] = sign * INF if fraction == 0 else NAN
        elif not has_infinity and (byte & 0x7F) == 0x7F:
            table[byte] = NAN
        elif exponent == 0:
            table[byte] = sign * math.ldexp(fraction, 1 - bias)
        else:
            table[byte] = sign * math.ldexp(1 + fraction, exponent - bias)
    return table


E5M2 = small_float(5, 2, True)
E4M3 = small_float(4, 3, False)
E8M0 = {byte: NAN if byte == 255 else math.ldexp(1.0, byte - 127) for byte in range(256)}

HALFS = [0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-24, -(2.0**-14), 1 / 1024, INF, -INF, NAN, 0.333251953125]
FLOATS = [0.0, -0.0, 0.10000000149011612, 3.4028234663852886e38, 2.0**-149, -1.5, INF, -INF, NAN]

TENSORS = [
    ("one byte", "U8", [1], [7], packed("B")),
    ("f64", "F64", [2, 3], [0.5, -1.25, 2.0**-149, 1.0, 0.1, 2.0], packed("d")),
    ("f64 exact", "F64", [9], FLOATS, packed("d")),
    ("f64 far", "F64", [2], [1.0, 1e300], packed("d")),
    ("f32", "F32", [3, 3], FLOATS, packed("f")),
    ("f16", "F16", [12], HALFS, packed("e")),
    ("bf16", "BF16", [6], [1.0, -0.0, 3.3895313892515355e38, -(2.0**-133), INF, NAN], bfloat16),
    ("i64", "I64", [2, 2], [1, -(2**24), 2**53, 2**53 + 1], packed("q")),
    ("i64 labels", "I64", [4], [0, 9, -1, 2**31 - 1], packed("q")),
    ("i64 far", "I64", [2], [-(2**63), 2**63 - 1], packed("q")),
    ("u64", "U64", [3], [0, 2**63, 2**64 - 1], packed("Q")),
    ("i32", "I32", [3], [-(2**31), 2**24, 2**24 + 1], packed("i")),
    ("u32", "U32", [2], [2**31, 2**32 - 1], packed("I")),
    ("i16", "I16", [2], [-(2**15), 2**15 - 1], packed("h")),
    ("u16", "U16", [2], [1, 2**16 - 1], packed("H")),
    ("i8", "I8", [3], [-128, 0, 127], packed("b")),
    ("u8", "U8", [0], [], packed("B")),
    ("bool", "BOOL", [], [True], packed("?")),
    ("e5m2", "F8_E5M2", [16, 16], list(E5M2.values()), lambda _: bytes(E5M2)),
    ("e4m3", "F8_E4M3", [16, 16], list(E4M3.values()), lambda _: bytes(E4M3)),
    ("e8m0", "F8_E8M0", [256], list(E8M0.values()), lambda _: bytes(E8M0)),
]


def first_inexact(values):
    for index, value in enumerate(values):
        if isinstance(value, float) and math.isnan(value):
            continue
        try:
            (kept,) = struct.unpack("<f", struct.pack("<f", value))
        except OverflowError:
            return index
        if kept != value:
            return index
    return None


def main(folder):
    header, data, expected = {}, b"", {}
    for name, dtype, shape, values, pack in TENSORS:
        part = pack(values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
        expected[name] = {"values": [str(+value) for value in values], "inexact": first_inexact(values)}
    header["of tomorrow"] = {"dtype": "F4", "shape": [6], "data_offsets": [len(data), len(data) + 3]}
    data += b"\x01\x02\x03"
    header["__metadata__"] = {"format": "pt", "written by": "struct"}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * ((1 - len(text)) % 4)
    (folder / "dtypes.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "dtypes.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


main(Path(sys.argv[1]))
