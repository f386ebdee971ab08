#!/usr/bin/env python3
"""Says which files use names of the standard library whose header they do not reach without the precompiled one.

Reads build/compile_commands.json (another as the argument) and asks the preprocessor alone what each file includes, itself or
by what it includes: a minute, where a build with -DCHANCERY_PCH=OFF takes twenty. What <utility> has comes with anything."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

NAMES = {
    "algorithm": r"ranges::|(stable_sort|sort|min|max|clamp|find|find_if|any_of|all_of|none_of|copy|copy_n|fill|equal|reverse|rotate|"
                 r"remove_if|count_if|transform|lower_bound|upper_bound|unique|max_element|min_element|binary_search|for_each)\b",
    "array": r"array\b", "atomic": r"atomic", "charconv": r"(from|to)_chars\b", "chrono": r"chrono::",
    "bit": r"(bit_\w+|countr_\w+|countl_\w+|popcount|byteswap|endian|has_single_bit)\b",
    "condition_variable": r"condition_variable", "coroutine": r"(coroutine_handle|suspend_|noop_coroutine)", "cstdint": r"u?int\d+_t\b",
    "cstring": r"(memcpy|memset|memcmp|memmove|strlen|strcmp|strerror)\b", "deque": r"deque\b", "expected": r"(expected|unexpected)\b",
    "filesystem": r"filesystem", "fstream": r"[io]?fstream\b", "functional": r"(function|move_only_function|hash|less|equal_to|invoke)\b",
    "future": r"(future|promise|packaged_task)\b", "limits": r"numeric_limits", "map": r"(multi)?map\b",
    "memory": r"(unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared)\b", "mutex": r"(mutex|lock_guard|unique_lock|scoped_lock)\b",
    "optional": r"(optional|nullopt)\b", "random": r"(mt19937|random_device|uniform_)", "set": r"(multi)?set\b",
    "shared_mutex": r"shared_(mutex|lock)\b", "span": r"span\b", "sstream": r"[io]?stringstream\b",
    "stdexcept": r"(runtime_error|logic_error|invalid_argument|out_of_range)\b", "string": r"(string|to_string|getline)\b",
    "string_view": r"string_view\b", "thread": r"(j?thread|this_thread)\b", "tuple": r"(tuple|tie|make_tuple)\b",
    "typeindex": r"type_index\b", "unordered_map": r"unordered_map\b", "unordered_set": r"unordered_set\b",
    "variant": r"(variant|visit|get_if|holds_alternative|monostate)\b", "vector": r"(vector|erase_if|erase)\b",
}
NAMES = {header: re.compile(r"\bstd::(?:" + names + ")") for header, names in NAMES.items()}
TWO_WORDS = {"-o": 2, "-MF": 2, "-MT": 2, "-c": 1, "-MD": 1, "-Winvalid-pch": 1}


def preprocess(command):
    """The compiler's command without its cache and the precompiled header, to list what is included."""
    words = shlex.split(command)
    words = words[next(i for i, word in enumerate(words) if "clang++" in word):]
    kept, at = [], 0
    while at < len(words):
        if words[at] == "-Xclang" and words[at + 1] == "-include-pch":
            at += 4
        elif words[at] in TWO_WORDS:
            at += TWO_WORDS[words[at]]
        else:
            kept.append(words[at])
            at += 1
    return [kept[0], "-M", *kept[1:]]


def missing(entry, root):
    listed = subprocess.run(preprocess(entry["command"]), cwd=entry["directory"], capture_output=True, text=True, check=True).stdout
    files = [os.path.normpath(os.path.join(entry["directory"], name)) for name in listed.replace("\\\n", " ").split()[1:]]
    reached = {os.path.basename(name) for name in files if "/c++/" in name}
    for name in files:
        if not name.startswith(str(root) + "/"):
            continue
        code = re.sub(r"//.*", "", pathlib.Path(name).read_text())
        for header, names in NAMES.items():
            if header not in reached and names.search(code):
                yield f"{os.path.relpath(name, root)}: uses <{header}> without including it"


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parents[1]
    commands = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here / "build/compile_commands.json")
    entries = [entry for entry in json.loads(commands.read_text()) if "cmake_pch" not in entry["file"]]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = {line for lines in pool.map(lambda entry: list(missing(entry, here)), entries) for line in lines}
    print("\n".join(sorted(found)) or "includes: each file reaches what it uses of the standard library")
    sys.exit(bool(found))
