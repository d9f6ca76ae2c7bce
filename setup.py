"""Packs specs/ and fixtures/ into the package's own folder, where an installed mockserver looks for them."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("specs", "fixtures")


class BuildWithData(build_py):
    """build_py that also copies the data; in an editable installation the checkout itself is read."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for kind in SHIPPED:
            target = Path(self.build_lib, "mockserver", "_shipped", kind)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(kind, target)


setup(cmdclass={"build_py": BuildWithData})
