/** Which package brings a program that is missing, in the words of this system's package manager. */
import { readFileSync } from "node:fs";
import { systemPath, type TrustMachine } from "./machine.ts";

type Wanted = "system-store" | "certutil" | "keytool";

/** By the first word of `ID` and `ID_LIKE` in /etc/os-release that is known here. */
const packages: Readonly<Record<string, Readonly<Record<Wanted, string>>>> = {
  debian: install("apt install", "ca-certificates", "libnss3-tools", "default-jre-headless"),
  ubuntu: install("apt install", "ca-certificates", "libnss3-tools", "default-jre-headless"),
  alpine: install("apk add", "ca-certificates", "nss-tools", "openjdk17-jre-headless"),
  fedora: install("dnf install", "ca-certificates", "nss-tools", "java-latest-openjdk-headless"),
  rhel: install("dnf install", "ca-certificates", "nss-tools", "java-17-openjdk-headless"),
  arch: install("pacman -S", "ca-certificates-utils", "nss", "jre-openjdk-headless"),
  suse: install("zypper install", "ca-certificates", "mozilla-nss-tools", "java-17-openjdk-headless"),
  opensuse: install("zypper install", "ca-certificates", "mozilla-nss-tools", "java-17-openjdk-headless"),
};

const anywhere: Readonly<Record<Wanted, string>> = {
  "system-store": "install your system's package ca-certificates",
  certutil: "install certutil: the package libnss3-tools, nss-tools or nss",
  keytool: "install a Java runtime; it brings keytool",
};

export function packageFor(machine: TrustMachine, wanted: Wanted): string {
  if (machine.platform === "darwin" && wanted === "certutil") return "brew install nss";
  for (const id of systemIds(machine)) {
    const known = packages[id.replace(/-.*$/, "")];
    if (known !== undefined) return known[wanted];
  }
  return anywhere[wanted];
}

/** `ID` and then `ID_LIKE` of /etc/os-release, as `["ubuntu", "debian"]`. */
export function systemIds(machine: TrustMachine): readonly string[] {
  const text = readText(systemPath(machine, "/etc/os-release"));
  const value = (name: string): string =>
    new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(text)?.[1]?.toLowerCase() ?? "";
  return `${value("ID")} ${value("ID_LIKE")}`.split(/\s+/).filter((id) => id !== "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not a system that has one
  }
}

function install(command: string, store: string, certutil: string, keytool: string): Record<Wanted, string> {
  return {
    "system-store": `${command} ${store}`,
    certutil: `${command} ${certutil}`,
    keytool: `${command} ${keytool}`,
  };
}
