/**
 * Programs that do to a scratch root what the real ones do to a system, as far as our stores can tell the difference:
 * bundles are made anew from the anchors, links come and go, a database keeps nicknames. FAKE_FAIL names one that fails.
 */
import type { Layout } from "./scratch-machine.ts";

export function fakeTools(layout: Layout): Readonly<Record<string, string>> {
  return { sudo, certutil, ...rebuildTools[layout] };
}

/** Every tool begins like this: it writes down its call, and may fail. */
const head = `#!/bin/sh
set -e
R="$FAKE_ROOT"
name=$(basename "$0")
[ -n "$FAKE_SUDO" ] || echo "$name $*" >> "$FAKE_LOG"
[ "$FAKE_FAIL" != "$name" ] || { echo "$name: out of order" >&2; exit 7; }
`;

/** The rest of the line is written down once, as it was typed. */
const sudo = `#!/bin/sh
echo "sudo $*" >> "$FAKE_LOG"
[ "$FAKE_FAIL" != sudo ] || { echo "sudo: 3 incorrect password attempts" >&2; exit 1; }
FAKE_SUDO=1 exec "$@"
`;

/** The script of Debian's ca-certificates: links without their files go only with --fresh, or when one came. */
const debian = `${head}
etc="$R/etc/ssl/certs"
fresh=0
[ "$1" != --fresh ] || fresh=1
if [ "$fresh" = 1 ]; then
  find "$etc" -type l | while read -r link; do
    case $(readlink "$link") in "$R/usr/share/ca-certificates"*|"$R/usr/local/share/ca-certificates"*) rm -f "$link" ;; esac
  done
fi
new="$etc/ca-certificates.crt.new"
: > "$new"
add() {
  link="$etc/$(basename "$1" .crt).pem"
  test -L "$link" || ln -s "$1" "$link"
  cat "$1" >> "$new"
}
while read -r line; do add "$R/usr/share/ca-certificates/$line"; done < "$R/etc/ca-certificates.conf"
for crt in $(find "$R/usr/local/share/ca-certificates" -name '*.crt' | sort); do add "$crt"; done
chmod 0644 "$new"
mv -f "$new" "$etc/ca-certificates.crt"
`;

/** p11-kit's way: packages' anchors, then the administrator's. */
const extract = (sources: readonly string[], bundle: string): string => `${head}
new="$R/${bundle}.new"
: > "$new"
for source in ${sources.join(" ")}; do
  [ ! -d "$R/$source" ] || for file in $(find "$R/$source" -maxdepth 1 -type f | sort); do cat "$file" >> "$new"; done
done
chmod 0644 "$new"
mv -f "$new" "$R/${bundle}"
`;

const rebuildTools: Readonly<Record<Layout, Readonly<Record<string, string>>>> = {
  debian: { "update-ca-certificates": debian },
  fedora: {
    "update-ca-trust": extract(
      ["usr/share/pki/ca-trust-source", "etc/pki/ca-trust/source/anchors"],
      "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ),
  },
  arch: {
    trust: extract(
      ["usr/share/ca-certificates/trust-source", "etc/ca-certificates/trust-source/anchors"],
      "etc/ca-certificates/extracted/tls-ca-bundle.pem",
    ),
  },
  opensuse: {
    "update-ca-certificates": extract(
      ["usr/share/pki/trust", "usr/share/pki/trust/anchors", "etc/pki/trust/anchors"],
      "var/lib/ca-certificates/ca-bundle.pem",
    ),
  },
  nixos: {},
  bare: {},
};

/** certutil of NSS, on a database that is a JSON file. Its words and exit codes are those of 3.87. */
const certutil = `#!/usr/bin/env node
const fs = require("node:fs");
const args = process.argv.slice(2);
if (!args.includes("-L")) fs.appendFileSync(process.env.FAKE_LOG, "certutil " + args.join(" ") + "\\n");
if (process.env.FAKE_FAIL === "certutil" && !args.includes("-L")) process.exit(255);
const value = (flag) => { const at = args.indexOf(flag); return at === -1 ? undefined : args[at + 1]; };
const [format, folder] = value("-d").split(/:(.*)/s);
const file = folder + (format === "sql" ? "/cert9.db" : "/cert8.db");
if (format === "dbm" || !fs.existsSync(file)) process.exit(255);
const database = JSON.parse(fs.readFileSync(file, "utf8"));
const save = () => fs.writeFileSync(file, JSON.stringify(database) + "\\n");
const nickname = value("-n");
const flags = (text) => (text + ",,").split(",").slice(0, 3).join(",");
if (args.includes("-A")) {
  const pem = fs.readFileSync(value("-i"), "utf8");
  // One nickname for one subject: a second name for the same certificate is quietly not taken.
  const same = database.find((entry) => entry.pem === pem);
  if (same) same.flags = flags(value("-t"));
  else database.push({ nickname, flags: flags(value("-t")), pem });
  save();
} else if (args.includes("-D")) {
  const at = database.findIndex((entry) => entry.nickname === nickname);
  if (at === -1) process.exit(255);
  database.splice(at, 1);
  save();
} else if (args.includes("-L") && nickname !== undefined) {
  const found = database.filter((entry) => entry.nickname === nickname);
  if (found.length === 0) process.exit(255);
  process.stdout.write(found.map((entry) => entry.pem).join(""));
} else {
  const line = (left, right) => process.stdout.write(left.padEnd(60) + " " + right + "\\n");
  line("\\nCertificate Nickname", "Trust Attributes");
  line("", "SSL,S/MIME,JAR/XPI\\n");
  for (const entry of database) line(entry.nickname, entry.flags);
}
`;
