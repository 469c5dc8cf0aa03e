#!/bin/sh
# Makes a Debian package of a built program: deb.sh PROGRAM FOLDER. Needs dpkg-deb, no root.
set -eu
program=$1
folder=$2
sources=$(dirname "$0")
version=$("$program" -V | cut -d ' ' -f 2)
architecture=$(dpkg --print-architecture)
root=$folder/root
package=$folder/viewtally_${version}_${architecture}.deb

rm -rf "$root"
put() { install -D -m 644 "$1" "$root/$2"; }
install -D -m 755 "$program" "$root/usr/bin/viewtally"
put "$sources/viewtally.service" usr/lib/systemd/system/viewtally.service
put "$sources/viewtally.socket" usr/lib/systemd/system/viewtally.socket
for example in nginx.conf Caddyfile alerts.yml dashboard.json Containerfile; do
    put "$sources/$example" "usr/share/doc/viewtally/examples/$example"
done
put "$sources/../../README.md" usr/share/doc/viewtally/README.md

made() { mkdir -p "$(dirname "$root/$1")"; cat >"$root/$1"; chmod 644 "$root/$1"; }
"$program" manual | gzip -9n | made usr/share/man/man1/viewtally.1.gz
"$program" completions bash | made usr/share/bash-completion/completions/viewtally
"$program" completions zsh | made usr/share/zsh/vendor-completions/_viewtally
"$program" completions fish | made usr/share/fish/vendor_completions.d/viewtally.fish

mkdir -p "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: viewtally
Version: $version
Architecture: $architecture
Maintainer: the authors of viewtally <viewtally@localhost>
Installed-Size: $(du -sk "$root" | cut -f 1)
Depends: libc6, libgcc-s1
Section: web
Priority: optional
Description: Serves posts and counts their views
 Readers are answered at once; views are counted behind a bounded channel, in an
 embedded database, and none that a reader has read is lost.
 .
 To begin: systemctl enable --now viewtally.socket
CONTROL
# A package that is updated goes on with the new program; the socket keeps who connects meanwhile.
cat >"$root/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl try-restart viewtally.service
fi
SCRIPT
cat >"$root/DEBIAN/prerm" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now viewtally.socket viewtally.service
fi
SCRIPT
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
dpkg-deb --root-owner-group -Zgzip --build "$root" "$package" >/dev/null
echo "$package"
