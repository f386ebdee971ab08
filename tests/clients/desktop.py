"""A desktop nobody sits at: an X server without a screen, a window manager, a session bus, and what a person's hands and eyes do.

Programs are used through the accessibility interface (AT-SPI), as a screen reader uses them, and by the keyboard. What is gone from
a window in the meantime raises in pyatspi; here it counts as not found.
"""

import os
import re
import subprocess
from pathlib import Path

import pyatspi
from gi.repository import GLib

from support.server import wait_until

PATIENCE = 30.0


class Desktop:
    """Everything started here ends with `close`."""

    def __init__(self, directory, width=1920, height=1080):
        self.directory, self.processes = Path(directory), []
        self.environment = dict(self._home("desktop"), DISPLAY=self._x_server(width, height))
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._bus()
        # pyatspi looks for the bus here when it is first asked.
        os.environ.update({key: self.environment[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")})
        self.start(["openbox"], self.environment, "openbox")

    def _home(self, name):
        home = self.directory / name
        folders = {"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share", "XDG_CACHE_HOME": ".cache", "XDG_RUNTIME_DIR": "run"}
        for folder in folders.values():
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / "run").chmod(0o700)
        return {"HOME": str(home), **{key: str(home / folder) for key, folder in folders.items()}, "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8", "GTK_MODULES": "gail:atk-bridge", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "GDK_BACKEND": "x11",
                "GSK_RENDERER": "cairo", "LIBGL_ALWAYS_SOFTWARE": "1", "GSETTINGS_BACKEND": "memory"}

    def environment_of(self, name):
        """For a program: a home directory of its own on this desktop."""
        return dict(self._home(name), **{key: self.environment[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")})

    def start(self, command, environment, log):
        with open(self.directory / f"{log}.log", "ab") as output:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def _x_server(self, width, height):
        reader, writer = os.pipe()
        with open(self.directory / "x.log", "ab") as output:
            self.processes.append(subprocess.Popen(
                ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
                pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT))
        os.close(writer)
        with os.fdopen(reader) as pipe:
            return ":" + pipe.readline().strip()

    def _bus(self):
        bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], env=self.environment, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.processes.append(bus)
        return bus.stdout.readline().strip()

    def tool(self, *words):
        return subprocess.run(["xdotool", *map(str, words)], env=self.environment, capture_output=True, text=True, timeout=20).stdout.split()

    def to_front(self, title):
        """The window whose title matches gets what is typed. Parts of windows bear titles, too; the window manager leaves them be."""
        def is_in_front():
            for window in self.tool("search", "--onlyvisible", "--name", title):
                self.tool("windowactivate", window)
            return re.search(title, " ".join(self.tool("getactivewindow", "getwindowname")))
        wait_until(is_in_front, f"a window {title} in front", PATIENCE)

    def put(self, title, x, y, width, height):
        self.to_front(title)
        self.tool("getactivewindow", "windowsize", width, height, "windowmove", x, y)

    def press(self, key):
        self.tool("key", key)

    def picture(self, file):
        subprocess.run(["scrot", "--overwrite", str(file)], env=self.environment, check=True, timeout=20)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Program:
    """A running program as AT-SPI shows it. `hides` says that the toolkit does not tell what can be seen (GTK 4.8)."""

    def __init__(self, name, hides=False):
        self.name, self.hides = name, hides

    def everything(self, below=None):
        if below is None:
            below = next((each for each in pyatspi.Registry.getDesktop(0) if each and each.name == self.name), None)
        for index in range(below.childCount if below else 0):
            try:
                child = below.getChildAtIndex(index)
                if child and (self.hides or child.getRole() == pyatspi.ROLE_APPLICATION or self._is_seen(child)):
                    yield child
                    yield from self.everything(child)
            except GLib.Error:
                continue

    def _is_seen(self, node):
        return node.getState().contains(pyatspi.STATE_SHOWING)

    def look(self, role, name=None, below=None):
        """What has the role and, if a name is given, bears it or contains a label that does; the last is the newest."""
        found = []
        for node in self.everything(below):
            try:
                if node.getRoleName() == role and (name is None or name in self.names(node)):
                    found.append(node)
            except GLib.Error:
                continue
        return found

    def selected(self, role, below):
        return [node for node in self.look(role, None, below) if node.getState().contains(pyatspi.STATE_SELECTED)]

    def names(self, node):
        return [node.name, *(child.name for child in self.everything(node))]

    def find(self, role, name=None, below=None, nth=0):
        """`below` is where to look, or finds it."""
        def found():
            root = below() if callable(below) else below
            nodes = self.look(role, name, root) if root or below is None else []
            return nodes[nth] if nodes else None
        return self._wait(found, f"{role} {name or ''}")

    def _wait(self, condition, what):
        try:
            return wait_until(condition, what, PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.name} shows {self.texts()}") from None

    def texts(self):
        return [text for text in map(text_of, self.everything()) if text]

    def wait_for(self, text):
        self._wait(lambda: any(text in each for each in self.texts()), text)

    def click(self, role, name=None, below=None):
        self.find(role, name, below).queryAction().doAction(0)

    def fill(self, role, text, below=None, nth=0):
        field = self.find(role, None, below, nth)
        wait_until(lambda: field.queryEditableText().setTextContents(text) and text_of(field) is not None, f"{role} filled in", PATIENCE)
        return field


def text_of(node):
    """What a node shows, be it in its text or its name."""
    try:
        if "Text" in pyatspi.listInterfaces(node):
            text = node.queryText()
            return text.getText(0, text.characterCount) or node.name
        return node.name
    except GLib.Error:
        return ""
