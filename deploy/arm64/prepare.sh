#!/usr/bin/env bash
# An emulated arm64 Python with arm64 onnxruntime, as the command build/arm64/python: the bundle's run.py is proved in it.
#
# Needs Debian 12's apt, a network on the first run, and no root: packages are unpacked into the folder, none is
# installed, and apt's own state stays as it is. qemu-user comes from backports; Debian 12's own 7.2 crashes when
# onnxruntime is imported. Packages come from wherever apt and pip are set up to get them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=${1:-$here/../../build/arm64}
packages=(
  python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libffi8
  libssl3 libbz2-1.0 liblzma5 libuuid1
)
made_of=$(cat "$here/prepare.sh" "$here/requirements.txt" | sha256sum | cut -d' ' -f1)
fail() { echo "arm64: $1" >&2; exit 1; }

if [ -f "$place/made_of" ] && [ "$(cat "$place/made_of")" = "$made_of" ]; then
  echo "arm64: ready in $place"
  exit 0
fi

for tool in apt-get dpkg-deb python3; do
  command -v "$tool" >/dev/null || fail "$tool is missing; this needs Debian 12 with python3"
done
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || fail "apt knows no Debian 12 (bookworm) source; run this on Debian 12, or in its container"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keys" ] || fail "$keys is missing; install debian-archive-keyring"

rm -rf "$place"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work"/debs "$work"/wheels "$work"/made/root
chmod 755 "$work" && chmod 777 "$work/debs"
cat >"$work/sources.list" <<END
deb [signed-by=$keys] $mirror bookworm main
deb [signed-by=$keys arch=amd64] $mirror bookworm-backports main
END
cat >"$work/apt.conf" <<END
Dir::State "$work/state";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
Acquire::Languages "none";
Acquire::Retries "3";
END
export APT_CONFIG=$work/apt.conf
apt-get -qq -o APT::Update::Error-Mode=any update || fail "apt cannot reach its sources; the first run needs a network"
(cd "$work/debs" && apt-get -qq download qemu-user/bookworm-backports "${packages[@]/%/:arm64}") ||
  fail "the packages could not be fetched; the first run needs a network"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
  --platform manylinux_2_17_aarch64 --require-hashes --requirement "$here/requirements.txt" --dest "$work/wheels" ||
  fail "the arm64 wheels could not be fetched; the first run needs a network"

made=$work/made
for deb in "$work"/debs/*_arm64.deb; do dpkg-deb --extract "$deb" "$made/root"; done
dpkg-deb --fsys-tarfile "$work"/debs/qemu-user_*_amd64.deb | tar -x -C "$made" --strip-components=3 ./usr/bin/qemu-aarch64
for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$made/site"; done
cat >"$made/python" <<'END'
#!/bin/sh
place=$(cd "$(dirname "$0")" && pwd)
export PYTHONHOME="$place/root/usr" PYTHONPATH="$place/site" OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
exec "$place/qemu-aarch64" -L "$place/root" "$place/root/usr/bin/python3.11" "$@"
END
chmod 755 "$made/python"
said=$("$made/python" -c 'import platform, onnxruntime; print(platform.machine(), onnxruntime.__version__)') ||
  fail "the emulated Python does not run"
echo "$made_of" >"$made/made_of"
mkdir -p "$(dirname "$place")"
mv "$made" "$place"
echo "arm64: $said, ready in $place"
