"""gdb commands for Heapwright heaps: `help heapwright` lists them.

They work in a live process and in a core file, and need neither symbols nor debug information of the program: the section
`heapwright` of the binary refers to the tables of its classes and says how those lie in memory. Nothing is known here of
any class.
"""

import contextlib
import decimal
import re
import struct

import gdb

MAGIC = b"heapwright\0table"
SHOWN = 16  # elements of a tail


class Unreadable(gdb.GdbError):
    """What is to be read is not there, or not what it should be."""


# Memory


def read(address, size):
    """Bytes of the program or the core file."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except (gdb.MemoryError, OverflowError, gdb.error) as error:
        raise Unreadable(f"there is no memory at {address:#x}") from error


def unsigned(data, offset, size):
    return int.from_bytes(data[offset : offset + size], "little")


def word(address):
    return unsigned(read(address, 8), 0, 8)


# The schema: where in the tables things lie


PLAIN = {"u8": 1, "bool": 1, "u16": 2, "u32": 4, "u64": 8, "usize": 8}


class Schema:
    """The text that an entry refers to, read."""

    def __init__(self, text):
        self.constants, self.structs, self.enums = {}, {}, {}
        members = None
        for line in text.splitlines()[1:]:
            words = line.split()
            if line.startswith(" "):
                members[words[0]] = (int(words[1]), words[2:])
            elif words[0] == "const":
                self.constants[words[1]] = int(words[2])
            else:
                members = {}
                kind = self.structs if words[0] == "struct" else self.enums
                kind[words[1]] = (*map(int, words[2:]), members)
        self.variants = {
            name: (payload_at, {number: (variant, shape) for variant, (number, shape) in members.items()})
            for name, (_, payload_at, members) in self.enums.items()
        }

    def size(self, shape):
        head = shape[0]
        if head in PLAIN:
            return PLAIN[head]
        if head in ("str", "slice"):
            return 16
        if head == "ref":
            return 8
        if head == "array":
            return int(shape[1]) * self.size(shape[2:])
        if head in self.structs:
            return self.structs[head][0]
        if head in self.enums:
            return self.enums[head][0]
        if head == "null":
            return self.size(shape[1:])
        raise Unreadable(f"the size of `{' '.join(shape)}` is not known")

    def value(self, shape, data, offset):
        """The value of that shape in some bytes: numbers, texts, records, lists, None; addresses for references."""
        head = shape[0]
        if head in PLAIN:
            number = unsigned(data, offset, PLAIN[head])
            return number != 0 if head == "bool" else number
        if head == "str":
            address, length = unsigned(data, offset, 8), unsigned(data, offset + 8, 8)
            return read(address, length).decode("utf-8", "replace") if length else ""
        if head == "ref":
            return unsigned(data, offset, 8)
        if head == "slice":
            address, length = unsigned(data, offset, 8), unsigned(data, offset + 8, 8)
            size = self.size(shape[1:])
            if length > 1 << 20:
                raise Unreadable(f"a table of {length} entries: this is no table")
            elements = read(address, length * size) if length else b""
            return [self.value(shape[1:], elements, i * size) for i in range(length)]
        if head == "array":
            size = self.size(shape[2:])
            return [self.value(shape[2:], data, offset + i * size) for i in range(int(shape[1]))]
        if head == "null":
            return self.value(shape[1:], data, offset) if unsigned(data, offset, 8) else None
        if head == "option":
            at = int(shape[1])
            return self.value(shape[2:], data, offset + at) if unsigned(data, offset, at) else None
        if head in self.structs:
            return Record(self, head, data, offset)
        payload_at, variants = self.variants[head]
        if data[offset] not in variants:
            raise Unreadable(f"{head} has no variant {data[offset]}")
        name, payload = variants[data[offset]]
        return Variant(name, self.value(payload, data, offset + payload_at) if payload else None)

    def record(self, name, address):
        return Record(self, name, read(address, self.structs[name][0]), 0)


class Record:
    """A struct of the tables; its fields are read when they are asked for."""

    def __init__(self, schema, name, data, offset):
        self._schema, self._fields, self._data, self._offset = schema, schema.structs[name][1], data, offset

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(name)
        offset, shape = self._fields[name]
        value = self._schema.value(shape, self._data, self._offset + offset)
        setattr(self, name, value)
        return value


class Variant:
    """A value of an enum of the tables."""

    def __init__(self, name, payload):
        self.name, self.payload = name, payload



# Classes


class Class:
    """A class, from its descriptor."""

    def __init__(self, tables, address):
        self.tables = tables
        self.schema = tables.schema
        self.address = address
        descriptor = self.schema.record("ClassDescriptor", address)
        self.layout = self.schema.record("ClassLayout", descriptor.layout)
        depth = descriptor.depth
        self.parent = tables.class_at(descriptor.display[depth - 1]) if depth else None
        self.name = self.layout.name

    @property
    def lineage(self):
        return (self.parent.lineage if self.parent else []) + [self]

    def own_fields(self):
        return self.layout.fields

    def fields(self):
        """All fields but the map, with the class that declares each."""
        return [(c, f) for c in self.lineage[1:] for f in c.own_fields() if f.kind.name != "Padding"]

    def end(self):
        """Where the fixed part ends."""
        for c in reversed(self.lineage):
            if c.own_fields():
                last = c.own_fields()[-1]
                return self.tables.pick(last.offset) + self.tables.pick(last.size)
        return 0

    def size(self):
        """Bytes of an instance, without its tails."""
        word_size = self.tables.tagged_size
        return self.end() if self.layout.tails else -(-self.end() // word_size) * word_size

    @property
    def path(self):
        return f"{self.layout.module_path}::{self.name}"

    def is_below(self, name):
        return any(name in (c.name, c.path) for c in self.lineage)


class Tables:
    """All classes that the program was compiled with."""

    def __init__(self, schema, registries, isolates):
        self.schema, self.registries, self.isolate_list = schema, registries, isolates
        self.tagged_size = schema.constants["tagged_size"]
        self.cage_size = schema.constants["cage_size"]
        self.chunk_size = schema.constants["chunk_size"]
        self.marks_offset = schema.constants["marks_offset"]
        self._classes = {}
        self._maps = {}

    def pick(self, per_width):
        return per_width.compressed if self.tagged_size == 4 else per_width.full

    def class_at(self, address):
        if address not in self._classes:
            self._classes[address] = Class(self, address)
        return self._classes[address]

    def listed(self):
        """The classes of all registries, in their order."""
        seen = set()
        for address in self.registries:
            for descriptor in self.schema.record("ClassRegistry", address).classes:
                if descriptor not in seen:
                    seen.add(descriptor)
                    yield self.class_at(descriptor)

    def known(self):
        """The addresses of all descriptors: the listed classes and those above them."""
        if not hasattr(self, "_known"):
            self._known = {above.address for c in self.listed() for above in c.lineage}
        return self._known

    def named(self, name):
        found = [c for c in self.listed() if name in (c.name, c.path)]
        if not found:
            close = [c.name for c in self.listed() if name.lower() in c.name.lower()]
            hint = f" Did you mean {', '.join(close[:5])}?" if close else " `heapwright classes` lists them."
            raise gdb.GdbError(f"There is no class {name}.{hint}")
        return found

    def map_class(self, map_address):
        """The class of the objects with this map; None if it is no map."""
        if map_address not in self._maps:
            entry = word(map_address + self.schema.constants["map_class_entry"])
            self._maps[map_address] = self.class_at(entry) if entry in self.known() else None
        return self._maps[map_address]

    def decompress(self, raw, near):
        return raw | near & ~(self.cage_size - 1) if self.tagged_size == 4 else raw

    def object_at(self, address):
        """The object at an address; None if there is none."""
        if address % self.tagged_size or address < self.cage_size or address % self.cage_size < self.chunk_size:
            return None  # the first chunk of a cage holds no objects, but perhaps words that look like a map's
        try:
            raw = unsigned(read(address, self.tagged_size), 0, self.tagged_size)
            map_word = self.decompress(raw, address)
            if raw and map_word & 1 == 0 and self.schema.record("MemoryChunk", address & -self.chunk_size).flags & 4:
                return self.object_at(map_word)  # a collection was interrupted, and the object has moved already
            if map_word & 3 != 1 or map_word & ~(self.cage_size - 1) != address & ~(self.cage_size - 1):
                return None
            found = self.map_class(map_word & ~3)
        except Unreadable:
            return None
        return Object(self, address, found) if found else None

    def isolates(self):
        node = self.schema.record("IsolateList", self.isolate_list).first
        while node:
            node = self.schema.record("IsolateNode", node)
            yield node
            node = node.next

    def chunks(self, isolate):
        """The headers of the chunks that hold objects, by address."""
        address, end = isolate.cage_base + self.chunk_size, isolate.cage_base + self.cage_size
        while address < end:
            step = self.chunk_size
            try:
                chunk = self.schema.record("MemoryChunk", address)
                if chunk.flags and address < chunk.area_start <= chunk.top <= chunk.area_end <= address + chunk.size:
                    step = -(-chunk.size // self.chunk_size) * self.chunk_size
                    # A semi-space that is being left, or waits, holds nothing.
                    if chunk.space.name != "New" or chunk.flags & 8:
                        yield address, chunk
            except Unreadable:
                pass
            address += step

    def marked(self, start, chunk):
        """The addresses of the marked objects of a chunk."""
        marks = int.from_bytes(read(start + self.marks_offset, self.chunk_size // self.tagged_size // 8), "little")
        marks >>= (chunk.area_start - start) // self.tagged_size
        at = chunk.area_start
        for bit in reversed(bin(marks)[2:]):
            if bit == "1":
                yield at
            at += self.tagged_size

    def objects(self, isolate):
        """All objects of an isolate, dead ones that were not collected yet included."""
        labs = [self.schema.record("LinearAllocationArea", lab) for lab in isolate.labs if lab]
        gaps = {lab.top: lab.limit for lab in labs if lab.top != lab.limit}
        tops = [lab.top for lab in labs]
        for start, chunk in self.chunks(isolate):
            if chunk.flags & 0x400:  # not swept: what is not marked is dead, and its class may be gone
                yield from filter(None, map(self.object_at, self.marked(start, chunk)))
                continue
            at, end = chunk.area_start, chunk.top
            if chunk.space.name == "New":
                end = next((top for top in tops if start < top <= chunk.area_end and top > end), end)
            while at < end:
                if at in gaps:
                    at = gaps[at]
                    continue
                found = self.object_at(at)
                size = found.size() if found else 0
                if not size:
                    # Damaged, or of a size that only the program can compute: go on at what looks like an object.
                    size = found.cls.end() if found else self.tagged_size
                    while at + size < end and not self.object_at(at + size):
                        size += self.tagged_size
                    if found is None:
                        print(f"({size} bytes at {at:#x} are no object)")
                        at += size
                        continue
                if found.cls.path not in ("heapwright::spaces::filler::Filler", "heapwright::spaces::filler::FreeSpace"):
                    yield found
                at += size


_tables = None


def forget(*_):
    global _tables
    _tables = None


for event in ("new_objfile", "exited", "clear_objfiles", "inferior_deleted"):
    if hasattr(gdb.events, event):
        getattr(gdb.events, event).connect(forget)


def tables():
    """The tables of the program that is debugged."""
    global _tables
    if _tables:
        return _tables
    found = None
    for match in re.finditer(r"0x([0-9a-f]+) - 0x([0-9a-f]+) is heapwright\b", gdb.execute("info files", to_string=True)):
        at, end = int(match[1], 16), int(match[2], 16)
        data = read(at, end - at)
        offset = data.find(MAGIC)
        while offset >= 0:
            size, schema, length, registry, isolates, printer = struct.unpack_from("<6Q", data, offset + 16)
            if not registry:
                raise gdb.GdbError("The tables are there once the program runs: `start` it, or load a core file.")
            if found is None:
                try:
                    found = Tables(Schema(read(schema, length).decode()), [], isolates)
                except (Unreadable, ValueError) as error:
                    raise gdb.GdbError("The tables cannot be read. Is this the program that the core file is of?") from error
                found.printer = printer
            found.registries.append(registry)
            offset = data.find(MAGIC, offset + max(size, len(MAGIC)))
    if found is None and not any(objfile.is_valid() for objfile in gdb.objfiles()):
        raise gdb.GdbError("No program is loaded: `file PROGRAM`, or `gdb PROGRAM CORE`.")
    if found is None:
        raise gdb.GdbError("The program has no Heapwright classes: it has no section `heapwright`.")
    _tables = found
    return found


# Values


def packed(code, value):
    """The bytes of a float; None if it is too large."""
    try:
        return struct.pack(code, value)
    except OverflowError:
        return None


def debug_float(value, size):
    """A float as Rust's `{:?}` writes it."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    # The shortest digits that are read as the same float; halves are rounded up.
    code = "<f" if size == 4 else "<d"
    contexts = (decimal.Context(digits, decimal.ROUND_HALF_UP) for digits in range(1, 18))
    texts = (f"{context.create_decimal_from_float(value):e}" for context in contexts)
    text = next(t for t in texts if packed(code, float(t)) == packed(code, value))
    mantissa, _, exponent = text.partition("e")
    digits = mantissa.lstrip("-").replace(".", "")
    whole = len(mantissa.lstrip("-").split(".")[0])
    point = whole + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    sign = "-" if struct.pack("<d", value)[7] & 0x80 else ""
    if not digits:
        return sign + "0.0"
    if -3 <= point <= 16:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        if len(digits) <= point:
            return f"{sign}{digits}{'0' * (point - len(digits))}.0"
        return f"{sign}{digits[:point]}.{digits[point:]}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1}"


class Values:
    """Reads and prints what fields hold."""

    def __init__(self, of_tables):
        self.tables = of_tables
        self.schema = of_tables.schema

    def smi(self, raw):
        value = raw & 0xFFFFFFFF if self.tables.tagged_size == 4 else raw >> 32
        value -= (value & 0x80000000) << 1
        return value >> 1 if self.tables.tagged_size == 4 else value

    def tagged(self, address):
        size = self.tables.tagged_size
        return self.tables.decompress(unsigned(read(address, size), 0, size), address)

    def storage_size(self, bitfield):
        return {"U8": 1, "U16": 2, "U32": 4, "U31": 4, "U64": 8}[bitfield.storage.name]

    def bitfield(self, kind):
        return self.schema.record("BitfieldLayout", kind.payload)

    def struct(self, kind):
        return self.schema.record("StructLayout", kind.payload)

    def number(self, kind, address):
        """The integer that a field holds, for lengths and paths; None if it holds none."""
        name = kind.name
        if name == "Smi":
            raw = unsigned(read(address, self.tables.tagged_size), 0, self.tables.tagged_size)
            return self.smi(raw)
        if name == "SmiBits":
            raw = unsigned(read(address, self.tables.tagged_size), 0, self.tables.tagged_size)
            return self.smi(raw) & 0x7FFFFFFF
        if name == "Bits":
            size = self.storage_size(self.bitfield(kind))
            return unsigned(read(address, size), 0, size)
        if name == "External":
            return word(address)
        if name == "Raw":
            primitive = kind.payload.name
            size = 1 if primitive == "Bool" else int(primitive[1:]) // 8
            value = unsigned(read(address, size), 0, size)
            if primitive[0] == "I" and value >> (8 * size - 1):
                value -= 1 << 8 * size
            return value if primitive[0] != "F" else None
        return None

    def brief(self, value):
        """A word, as it stands in a field."""
        if value & 1 == 0:
            return str(self.smi(value))
        if value & 0xFFFFFFFF == 3:
            return "<cleared>"
        target = self.tables.object_at(value & ~3)
        text = target.brief() if target else f"<no object at {value & ~3:#x}>"
        return f"weak {text}" if value & 3 == 3 else text

    def is_nil(self, kind, address):
        """Whether no object stands where the declaration says `Option`: there is the Smi zero then."""
        admits = {member.name for member in kind.payload.members} if kind.payload else set()
        value = self.tagged(address)
        return "None" in admits and not admits & {"Smi", "Any"} and value & 1 == 0 and self.smi(value) == 0

    def text(self, kind, address):
        name = kind.name
        if name == "Tagged" and self.is_nil(kind, address):
            return "nil"
        if name in ("Tagged", "Weak", "MaybeWeak", "Smi"):
            return self.brief(self.tagged(address))
        if name in ("SmiBits", "Bits"):
            return self.bits(self.bitfield(kind), self.number(kind, address))
        if name == "External":
            return f"{word(address):#x}"
        if name == "Struct":
            layout = self.struct(kind)
            parts = [
                f"{f.name}: {self.text(f.kind, address + self.tables.pick(f.offset))}"
                for f in layout.fields
                if f.kind.name != "Padding"
            ]
            return f"{layout.name} {{ {', '.join(parts)} }}"
        if name == "Raw":
            primitive = kind.payload.name
            if primitive == "F64":
                return debug_float(struct.unpack("<d", read(address, 8))[0], 8)
            if primitive == "F32":
                return debug_float(struct.unpack("<f", read(address, 4))[0], 4)
            if primitive == "Bool":
                return "true" if read(address, 1)[0] else "false"
            return str(self.number(kind, address))
        return ""

    def bits(self, bitfield, value):
        parts = []
        for field in bitfield.fields:
            if field.kind.name in ("Gap", "Ignored"):
                continue
            size = field.size // field.len if field.len else field.size
            elements = [value >> (field.shift + i * size) & (1 << size) - 1 for i in range(field.len or 1)]
            texts = [self.bit_value(field.kind, element, size) for element in elements]
            parts.append(f"{field.name}: {'[' + ', '.join(texts) + ']' if field.len else texts[0]}")
        return f"{bitfield.name} {{ {', '.join(parts)} }}" if parts else f"{bitfield.name} {{ }}"

    def bit_value(self, kind, value, size):
        name = kind.name
        if name == "Bool":
            return "true" if value else "false"
        if name == "Signed":
            return str(value - (1 << size) if value >> (size - 1) else value)
        if name == "Nested":
            return self.bits(self.schema.record("BitfieldLayout", kind.payload), value)
        if name == "Enum":
            return next((n.name for n in kind.payload if n.value == value), str(value))
        if name == "Flags":
            return self.flags(kind.payload, value)
        return str(value)

    def flags(self, names, value):
        if not value:
            return "(none)"
        parts, rest = [], value
        for flag in names:
            if flag.name and value & flag.value == flag.value and rest & flag.value:
                parts.append(flag.name)
                rest &= ~flag.value
        return " | ".join(parts + ([f"{rest:#x}"] if rest else []))


# Lengths of tails


class Unknown(Exception):
    """An expression that this does not understand."""


class Expression:
    """Computes what a declaration says of a length or a condition: integers, comparisons, `if`, casts and bits of fields."""

    TOKEN = re.compile(r"\s*(?:(0x[0-9a-fA-F_]+|\d[\d_]*)(?:[iu](?:8|16|32|64|size))?|([A-Za-z_]\w*)|(<<|>>|==|!=|<=|>=|&&|\|\||[-+*/%&|^!().<>{}]))")
    LEVELS = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], ["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]
    OPERATIONS = {
        "||": lambda a, b: int(bool(a) or bool(b)),
        "&&": lambda a, b: int(bool(a) and bool(b)),
        "==": lambda a, b: int(a == b),
        "!=": lambda a, b: int(a != b),
        "<": lambda a, b: int(a < b),
        "<=": lambda a, b: int(a <= b),
        ">": lambda a, b: int(a > b),
        ">=": lambda a, b: int(a >= b),
        "|": lambda a, b: a | b,
        "^": lambda a, b: a ^ b,
        "&": lambda a, b: a & b,
        "<<": lambda a, b: a << b,
        ">>": lambda a, b: a >> b,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
        "%": lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1),
    }

    def __init__(self, text, field, bit):
        """`field` yields the integer in a field; `bit` that of a field of a bit field."""
        self.tokens, self.field, self.bit = [], field, bit
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = self.TOKEN.match(text, at)
            if not match:
                raise Unknown
            self.tokens.append(match)
            at = match.end()
        self.at = 0

    def peek(self):
        return self.tokens[self.at].group(0).strip() if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if token is None or wanted not in (None, token):
            raise Unknown
        self.at += 1
        return token

    def value(self):
        value = self.binary(0)
        if self.peek() is not None:
            raise Unknown
        return value

    def binary(self, level):
        if level == len(self.LEVELS):
            return self.cast()
        left = self.binary(level + 1)
        while self.peek() in self.LEVELS[level]:
            operation = self.OPERATIONS[self.take()]
            right = self.binary(level + 1)
            try:
                left = operation(left, right)
            except (ZeroDivisionError, ValueError) as error:
                raise Unknown from error
        return left

    def cast(self):
        value = self.unary()
        while self.peek() == "as":
            self.take()
            target = re.fullmatch(r"([iu])(8|16|32|64|size)", self.take())
            if not target:
                raise Unknown
            bits = 64 if target[2] == "size" else int(target[2])
            value &= (1 << bits) - 1
            if target[1] == "i" and value >> (bits - 1):
                value -= 1 << bits
        return value

    def unary(self):
        if self.peek() == "-":
            self.take()
            return -self.unary()
        if self.peek() == "!":
            self.take()
            return int(not self.unary())
        if self.peek() == "(":
            self.take()
            value = self.binary(0)
            self.take(")")
            return value
        if self.peek() == "if":
            return self.conditional()
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token[3]:
            raise Unknown
        self.at += 1
        if token[1]:
            return int(token[1].replace("_", ""), 0)
        if token[2] in ("true", "false"):
            return int(token[2] == "true")
        if self.peek() == ".":
            self.take()
            name = self.take()
            self.take("(")
            self.take(")")
            return self.bit(token[2], name)
        return self.field(token[2])

    def conditional(self):
        self.take("if")
        condition = self.binary(0)
        self.take("{")
        then = self.binary(0)
        self.take("}")
        self.take("else")
        if self.peek() == "if":
            otherwise = self.conditional()
        else:
            self.take("{")
            otherwise = self.binary(0)
            self.take("}")
        return then if condition else otherwise


# Objects


class Object:
    """An object of the heap."""

    def __init__(self, of_tables, address, cls):
        self.tables, self.address, self.cls = of_tables, address, cls
        self.values = Values(of_tables)

    def brief(self):
        return f"<{self.cls.name} {self.address:#x}>"

    def chunk(self):
        return self.tables.schema.record("MemoryChunk", self.address & ~(self.tables.chunk_size - 1))

    def space(self):
        """The name of its space; objects in core files may lie in chunks that were not saved."""
        try:
            name = self.chunk().space.name
        except Unreadable:
            return "unknown space"
        return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower() + "_space"

    def field(self, name):
        for _, field in self.cls.fields():
            if field.name == name:
                return field
        return None

    def integer(self, name):
        field = self.field(name)
        if field is None:
            raise Unknown
        value = self.values.number(field.kind, self.address + self.tables.pick(field.offset))
        if value is None:
            raise Unknown
        return value

    def bit(self, name, bit):
        field = self.field(name)
        if field is None or field.kind.name not in ("SmiBits", "Bits"):
            raise Unknown
        for part in self.values.bitfield(field.kind).fields:
            if part.name == bit and part.kind.name in ("Bool", "Unsigned", "Signed") and part.len is None:
                value = self.integer(name) >> part.shift & (1 << part.size) - 1
                if part.kind.name == "Signed" and value >> (part.size - 1):
                    value -= 1 << part.size
                return int(value != 0) if part.kind.name == "Bool" else value
        raise Unknown

    def tails(self):
        """Each tail with its offset and its length; both are None from the first length on that cannot be computed."""
        at = self.cls.end()
        for tail in self.cls.layout.tails:
            try:
                if at is None:
                    raise Unknown
                if tail.length.name == "Field":
                    length = self.integer(tail.length.payload)
                else:
                    length = Expression(tail.length.payload, self.integer, self.bit).value()
                    if tail.length.name == "Condition":
                        length = int(length != 0)
                if length < 0:
                    raise Unknown
                yield tail, at, length
                at += length * self.tables.pick(tail.element_size)
            except Unknown:
                yield tail, None, None
                at = None

    def size(self):
        """Bytes; None if the length of a tail is not known."""
        end = self.cls.end()
        for tail, at, length in self.tails():
            if at is None:
                return None
            end = at + length * self.tables.pick(tail.element_size)
        word_size = self.tables.tagged_size
        return -(-end // word_size) * word_size

    def characters(self, tail, at, length):
        """The elements as a text, if they look like one."""
        kind = tail.element.payload.name if tail.element.name == "Raw" else None
        if kind not in ("U8", "U16") or not length:
            return ""
        width = 1 if kind == "U8" else 2
        shown = min(length, 256)
        text = read(self.address + at, shown * width).decode("latin-1" if width == 1 else "utf-16-le", "replace")
        if sum(c.isprintable() or c in "\n\r\t" for c in text) * 2 < len(text):
            return ""  # bytes, not a text
        escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
        escaped = "".join(escapes.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text)
        return f'  "{escaped}"' + ("…" if shown < length else "")

    def lines(self, shown=SHOWN):
        """What `{:#?}` prints in the program, and the characters of texts."""
        size = self.size()
        yield f"{self.cls.name} at {self.address:#x}, {'?' if size is None else size} bytes, {self.space()} {{"
        for _, field in self.cls.fields():
            offset = self.tables.pick(field.offset)
            yield f"    {offset:>4}  {field.name}: {self.values.text(field.kind, self.address + offset)}"
        for tail, at, length in self.tails():
            if at is None:
                yield f"       ?  {tail.name}: … as many as `{tail.length.payload}`, which only the program can compute"
                continue
            step = self.tables.pick(tail.element_size)
            texts = [self.values.text(tail.element, self.address + at + i * step) for i in range(min(length, shown))]
            if tail.length.name == "Condition":
                if length:
                    yield f"    {at:>4}  {tail.name}: {texts[0]}"
                continue
            if length > shown:
                texts.append(f"… {length - shown} more")
            yield f"    {at:>4}  {tail.name}: [{', '.join(texts)}]{self.characters(tail, at, length)}"
        yield "}"

    def slots(self):
        """The name and the address of each word that may hold a reference."""

        def of(name, kind, address):
            if kind.name in ("Tagged", "Weak", "MaybeWeak"):
                yield name, address
            elif kind.name == "Struct":
                for field in self.values.struct(kind).fields:
                    yield from of(f"{name}.{field.name}", field.kind, address + self.tables.pick(field.offset))

        for _, field in self.cls.fields():
            yield from of(field.name, field.kind, self.address + self.tables.pick(field.offset))
        for tail, at, length in self.tails():
            if at is None:
                return
            if tail.element.name not in ("Tagged", "Weak", "MaybeWeak", "Struct"):
                continue
            step = self.tables.pick(tail.element_size)
            for i in range(length):
                name = tail.name if tail.length.name == "Condition" else f"{tail.name}[{i}]"
                yield from of(name, tail.element, self.address + at + i * step)

    def references(self):
        """The name, the word and the object of each slot that refers to one."""
        for name, address in self.slots():
            value = self.values.tagged(address)
            if value & 1 and value & 0xFFFFFFFF != 3:
                yield name, value, self.tables.object_at(value & ~3)

    def at(self, path):
        """What a path such as `next.elements[3]` leads to: an object, or the text of a value."""
        part, rest = re.match(r"([^.\[]*)(.*)", path.lstrip(".")).groups()
        part = part.strip()
        index = re.match(r"\[(\d+)\](.*)", rest)
        kind = address = None
        if field := self.field(part):
            kind, address = field.kind, self.address + self.tables.pick(field.offset)
        elif part == "map":
            kind, address = Variant("Tagged", None), self.address
        for tail, at, length in self.tails():
            if tail.name != part:
                continue
            step = self.tables.pick(tail.element_size)
            if at is not None and not rest and tail.length.name != "Condition":
                texts = [self.values.text(tail.element, self.address + at + i * step) for i in range(min(length, 256))]
                texts += [f"… {length - 256} more"] if length > 256 else []
                return f"[{', '.join(texts)}]{self.characters(tail, at, length)}"
            number = int(index[1]) if index else 0
            if at is None or number >= length or (rest and not index and tail.length.name != "Condition"):
                count = "an unknown number of" if at is None else length
                last = f"; the last is `{part}[{length - 1}]`" if at is not None and length else ""
                raise gdb.GdbError(f"{self.brief()}: `{part}` has {count} elements{last}")
            rest = index[2] if index else rest
            kind, address = tail.element, self.address + at + number * self.tables.pick(tail.element_size)
        if kind is None:
            raise gdb.GdbError(f"{self.cls.name} has no field `{part}`. It has {', '.join(self.names()) or 'none'}.")
        return self.follow(kind, address, part, rest)

    def follow(self, kind, address, part, rest):
        while kind.name == "Struct" and rest:
            part, rest = re.match(r"([^.\[]*)(.*)", rest.lstrip(".")).groups()
            inner = next((f for f in self.values.struct(kind).fields if f.name == part), None)
            if inner is None:
                raise gdb.GdbError(f"{self.values.struct(kind).name} has no field `{part}`.")
            kind, address = inner.kind, address + self.tables.pick(inner.offset)
        if kind.name in ("SmiBits", "Bits") and rest:
            return self.follow_bits(self.values.bitfield(kind), self.values.number(kind, address), part, rest)
        text = self.values.text(kind, address)
        if kind.name in ("Tagged", "Weak", "MaybeWeak"):
            value = self.values.tagged(address)
            target = self.tables.object_at(value & ~3) if value & 1 else None
            if target:
                return target.at(rest) if rest else target
        if rest:
            raise gdb.GdbError(f"`{part}` is {text}: there is nothing to follow to `{rest}`")
        return text


    def follow_bits(self, bitfield, value, part, rest):
        name, rest = re.match(r"([^.\[]*)(.*)", rest.lstrip(".")).groups()
        for field in bitfield.fields:
            if field.name != name or field.len is not None:
                continue
            bits = value >> field.shift & (1 << field.size) - 1
            if field.kind.name == "Nested" and rest:
                return self.follow_bits(self.tables.schema.record("BitfieldLayout", field.kind.payload), bits, name, rest)
            if not rest:
                return self.values.bit_value(field.kind, bits, field.size)
        raise gdb.GdbError(f"`{part}` is {self.values.bits(bitfield, value)}: there is nothing to follow to `.{name}{rest}`")

    def names(self):
        """What a path may go on with."""
        return [f.name for _, f in self.cls.fields()] + [t.name for t in self.cls.layout.tails]


# What users write


def object_of(expression):
    """The object that an expression means: an address, a tagged word, a handle, a global, a reference."""
    value = gdb.parse_and_eval(expression)
    return object_of_value(value, expression)


def word_of_value(value):
    """The word or address in a value of the program."""
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_REF) or kind.code == gdb.TYPE_CODE_INT:
        return int(value) & (1 << 64) - 1
    fields = {field.name for field in kind.fields()} if kind.code == gdb.TYPE_CODE_STRUCT else set()
    if "Some" in fields:  # Option
        return word_of_value(value["Some"]["__0"])
    if "None" in fields:
        raise gdb.GdbError("That is `None`.")
    if "slot" in fields:  # Handle
        return word(int(value["slot"]["pointer"]))
    if "node" in fields:  # Global, WeakGlobal
        node = value["node"]["node"]["pointer"].dereference()
        return word(int(node["word"].address))
    if "word" in fields:  # Tagged, MaybeWeak
        return int(value["word"]["__0"])
    raise gdb.GdbError(f"A value of type {kind} is no address, no handle and no reference.")


def object_of_value(value, expression):
    of = tables()
    number = word_of_value(value)
    candidates = [number & ~3]
    if number < of.cage_size:  # the lower half of a word, as it stands in a compressed field
        candidates = [isolate.cage_base + (number & ~3) for isolate in of.isolates()]
    found = [each for each in map(of.object_at, candidates) if each]
    if len(found) > 1:
        print(f"(The same in other isolates: {', '.join(each.brief() for each in found[1:])}. Whole addresses say which.)")
    if found:
        return found[0]
    hint = ""
    if number & 3 == 3 and number & 0xFFFFFFFF == 3:
        hint = " It is a cleared weak reference."
    elif number & 1 == 0:
        hint = f" As a Smi it is {Values(of).smi(number)}."
    raise gdb.GdbError(f"{expression} is {number:#x}: there is no object.{hint}")


def split_path(argument):
    """`EXPRESSION .path` in its two parts."""
    match = re.match(r"(.*?)(?:\s+(\.[^\s]*))?\s*$", argument, re.S)
    return match[1], match[2]


def show(found, shown=SHOWN):
    if isinstance(found, Object):
        gdb.set_convenience_variable("object", found.address)
    print("\n".join(found.lines(shown)) if isinstance(found, Object) else found)


@contextlib.contextmanager
def errors_in_words():
    """What goes wrong is said in a line, not as an exception of Python."""
    try:
        yield
    except gdb.GdbError:
        raise
    except (gdb.error, ValueError, TypeError, re.error) as error:
        text = str(error)
        hint = " A path of fields stands behind a space: `handle .next`." if "no member named" in text else ""
        raise gdb.GdbError(text.rstrip(".") + "." + hint) from error


class Prefix(gdb.Command):
    """Looks at Heapwright heaps, in a process or a core file.

Objects are given as an address, as a tagged word, whole or compressed, or as a variable of the program: a handle, a global, a
`Tagged` or a reference. A path of fields may follow: `heapwright print handle .next.elements[3]`."""

    def __init__(self):
        super().__init__("heapwright", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, prefix=True)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError(f"There is no command `heapwright {argument}`: `help heapwright` lists them.")
        gdb.execute("help heapwright")


class Command(gdb.Command):
    def __init__(self, name):
        super().__init__(f"heapwright {name}", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        with errors_in_words():
            self.run(argument.strip())

    def need(self, argument):
        if not argument:
            raise gdb.GdbError(self.__doc__.splitlines()[0])
        return argument


class ClassCommand(Command):
    """A command whose argument is a class."""

    def complete(self, text, last):
        try:
            return sorted({c.name for c in tables().listed() if c.name.startswith(text)})
        except gdb.error:
            return []


class ObjectCommand(Command):
    """A command whose argument is an object with a path."""

    def complete(self, text, last):
        match = re.match(r"(?:-n\s+\d+\s+)?(.*\S)\s+(\.\S*)$", text)
        if not match:
            return gdb.COMPLETE_EXPRESSION
        before, _, start = match[2].rpartition(".")
        try:
            found = object_of(match[1])
            found = found.at(before) if before else found
            return [n for n in found.names() if n.startswith(start)] if isinstance(found, Object) else []
        except (gdb.error, gdb.GdbError):
            return []


class Print(ObjectCommand):
    """heapwright print [-n ELEMENTS] OBJECT [.path]: prints an object with its fields.

Of elements, 16 are shown unless -n says how many. Texts are shown as such, too. `$object` is then the object's address:
`x/8xw $object`, `heapwright print $object .next`."""

    def run(self, argument):
        shown = SHOWN
        if match := re.match(r"-n\s+(\d+)\s+", argument):
            shown, argument = int(match[1]), argument[match.end() :]
        expression, path = split_path(self.need(argument))
        found = object_of(expression)
        show(found.at(path) if path else found, shown)


class Call(ObjectCommand):
    """heapwright call OBJECT [.path]: lets the program itself print an object, to its standard error. Live processes only."""

    def run(self, argument):
        expression, path = split_path(self.need(argument))
        found = object_of(expression)
        found = found.at(path) if path else found
        if not isinstance(found, Object):
            raise gdb.GdbError(f"{argument} is {found}, no object.")
        language = gdb.parameter("language")
        gdb.execute("set language c", to_string=True)
        try:
            gdb.parse_and_eval(f"((void (*) (unsigned long)) {found.tables.printer:#x}) ({found.address:#x})")
        finally:
            gdb.execute(f"set language {language}", to_string=True)


class Walk(ObjectCommand):
    """heapwright walk OBJECT [.path] [DEPTH]: prints an object, then those it refers to, each once, DEPTH levels deep (1)."""

    def run(self, argument):
        depth = 1
        if match := re.match(r"(.*\S)\s+(\d+)$", argument):
            argument, depth = match[1], int(match[2])
        expression, path = split_path(self.need(argument))
        found = object_of(expression)
        found = found.at(path) if path else found
        if not isinstance(found, Object):
            raise gdb.GdbError(f"{argument} is {found}, no object.")
        seen, level = {found.address}, [("", found)]
        for distance in range(depth + 1):
            following = []
            for name, each in level:
                if name:
                    print(f"\n{name} =")
                show(each)
                for slot, value, target in each.references():
                    if target and target.address not in seen and distance < depth:
                        seen.add(target.address)
                        weakly = "  (weakly)" if value & 3 == 3 else ""
                        following.append((f"{each.brief()}.{slot}{weakly}", target))
            level = following


class Classes(Command):
    """heapwright classes [PATTERN]: lists the classes, with the bytes of an instance and where each is declared.

PATTERN is a regular expression that is looked for in the paths of classes, such as `my_runtime::`."""

    def run(self, argument):
        of = tables()
        for each in sorted(of.listed(), key=lambda c: [above.name for above in c.lineage]):
            if argument and not re.search(argument, each.path):
                continue
            size = f"{each.size()}{' + …' if each.layout.tails else ''}"
            kind = " abstract" if each.layout.is_abstract else " open" if each.layout.is_open else ""
            name = "  " * (len(each.lineage) - 1) + each.name
            print(f"{name:<36} {size:>9} bytes{kind:<9} {each.layout.file}:{each.layout.line}")


class Layout(ClassCommand):
    """heapwright layout CLASS: prints where the fields of a class lie, the inherited ones too."""

    def run(self, argument):
        of = tables()
        for each in of.named(self.need(argument)):
            layout = each.layout
            print(f"{' > '.join(c.name for c in each.lineage)}   {layout.file}:{layout.line}")
            for line in filter(None, layout.doc.splitlines()[:1]):
                print(line.strip())
            for cls in each.lineage:
                for field in cls.own_fields():
                    offset, size = of.pick(field.offset), of.pick(field.size)
                    origin = "" if cls is each else f"  from {cls.name}"
                    print(f"    {offset:>4} {size:>4}  {field.name}: {field.type_name}{origin}")
            at = each.end()
            for tail in layout.tails:
                size, how = of.pick(tail.element_size), tail.length
                many = f"if {how.payload}" if how.name == "Condition" else f"{how.payload} of {size} bytes"
                print(f"    {at:>4} {size:>4}  {tail.name}: {tail.type_name}  ({many})")
                at = "…"
            print(f"    {each.size()} bytes{' and its tails' if layout.tails else ''}")


class Isolates(Command):
    """heapwright isolates: lists the isolates of the process with the chunks of their spaces."""

    def run(self, argument):
        of = tables()
        if not list(of.isolates()):
            print("There are no isolates.")
        for isolate in of.isolates():
            print(f"isolate {isolate.id}, cage {isolate.cage_base:#x}")
            spaces = {}
            for _, chunk in of.chunks(isolate):
                count, size = spaces.get(chunk.space.name, (0, 0))
                spaces[chunk.space.name] = (count + 1, size + chunk.size)
            for name, (count, size) in spaces.items():
                print(f"    {name:<12} {count:>5} chunks {size:>12} bytes")


class Find(ClassCommand):
    """heapwright find CLASS [MOST]: lists the objects of a class and of those below it, MOST of them (20).

Objects that died since the last collection of their space are found too."""

    def run(self, argument):
        name, _, most = self.need(argument).partition(" ")
        if most and not most.strip().isdecimal():
            raise gdb.GdbError(f"How many objects is `{most}`? `heapwright find {name} 20` lists 20.")
        most = int(most or 20)
        of = tables()
        of.named(name)
        count = 0
        for isolate in of.isolates():
            for found in of.objects(isolate):
                if found.cls.is_below(name):
                    count += 1
                    if count <= most:
                        print(f"{found.brief()}  {found.size()} bytes, {found.space()}")
        if count > most:
            print(f"… {count - most} more")
        print(f"{count} found")


class Referrers(ObjectCommand):
    """heapwright referrers OBJECT [.path]: lists the objects that refer to an object, and by which field."""

    def run(self, argument):
        of = tables()
        expression, path = split_path(self.need(argument))
        wanted = object_of(expression)
        wanted = wanted.at(path) if path else wanted
        if not isinstance(wanted, Object):
            raise gdb.GdbError(f"{argument} is {wanted}, no object.")
        base = wanted.address & ~(of.cage_size - 1)
        count = 0
        for isolate in of.isolates():
            if isolate.cage_base != base:
                continue
            for found in of.objects(isolate):
                for name, value, target in found.references():
                    if target and target.address == wanted.address:
                        count += 1
                        print(f"{found.brief()}.{name}{'  weakly' if value & 3 == 3 else ''}")
        print(f"{count} found")


def text_of(value):
    """A string literal, in whatever language the program is."""
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_STRUCT:  # Rust: `&str`
        return value["data_ptr"].string(length=int(value["length"]))
    return value.string()


class ObjectFunction(gdb.Function):
    """$heapwright(OBJECT[, "path"]): the address of an object, or of the one that a path of fields leads to.

In a core file of a Rust program, gdb makes no texts: `with language c -- print/x $heapwright(OBJECT, "path")`. Or take
`heapwright print OBJECT .path`, which leaves the address in `$object`."""

    def __init__(self):
        super().__init__("heapwright")

    def invoke(self, value=None, path=None):
        with errors_in_words():
            if value is None:
                raise gdb.GdbError("Of which object? `$heapwright(handle)`")
            found = object_of_value(value, "the argument")
            if path is not None:
                found = found.at(text_of(path))
            if not isinstance(found, Object):
                raise gdb.GdbError(f"That is {found}, no object.")
            return found.address


class ReferencePrinter:
    """Prints handles and tagged values as what they refer to."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        try:
            of = tables()
            number = word_of_value(self.value)
            return Values(of).brief(number) if number & 3 or number == 0 else str(Values(of).smi(number))
        except gdb.error as error:
            return f"<{error}>"


def reference_printer(value):
    name = value.type.strip_typedefs().name or ""
    if re.match(r"heapwright::(handles::(handle::Handle|global::(Weak)?Global)|tagged::(value::Tagged|maybe_weak::MaybeWeak))<", name):
        return ReferencePrinter(value)
    return None


Prefix()
for command in (Print, Call, Walk, Referrers, Find, Classes, Layout, Isolates):
    command(command.__name__.lower())
ObjectFunction()
# Only once, should the script be loaded again.
gdb.pretty_printers[:] = [p for p in gdb.pretty_printers if getattr(p, "__name__", "") != "reference_printer"]
gdb.pretty_printers.append(reference_printer)
