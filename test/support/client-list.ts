/**
 * The clients that `npm run test:clients` drives, each with the exact version that was tried: a client that changed
 * overnight must not fail today's work. docs/clients.md names the same versions; a test compares them.
 */
import type { NpmPackage } from "./install.ts";

export interface ClientPackage extends NpmPackage {
  /** As people call it. */
  readonly title: string;
  /** A script for Node 22 or newer, not a program of its own. */
  readonly needsNode: boolean;
}

const { platform, arch } = process;
const exe = platform === "win32" ? ".exe" : "";

const nodePackage = `node-${platform === "win32" ? "win" : platform}-${arch}`;
const nodeOf = (version: string): NpmPackage => ({
  name: nodePackage,
  version,
  program: `${nodePackage}/bin/node${exe}`,
});

/** Node as a package: for clients that want a newer one than Switchyard itself needs, and for our own suite. */
export const node24 = nodeOf("24.21.0");
export const node22 = nodeOf("22.23.3");

/** Codex names the folder of its program after the compiler's target. */
const rustTarget =
  { linux: "unknown-linux-musl", darwin: "apple-darwin", win32: "pc-windows-msvc" }[platform as string] ?? platform;

export const clientPackages = {
  "claude-code": {
    title: "Claude Code",
    name: "@anthropic-ai/claude-code",
    version: "2.1.330",
    // A native program, though its package asks for Node 22.
    program: `@anthropic-ai/claude-code-${platform}-${arch}/claude${exe}`,
    needsNode: false,
  },
  codex: {
    title: "Codex",
    name: "@openai/codex",
    version: "0.169.0",
    program: `@openai/codex-${platform}-${arch}/vendor/${arch === "arm64" ? "aarch64" : "x86_64"}-${rustTarget}/bin/codex${exe}`,
    needsNode: false,
  },
  "gemini-cli": {
    title: "Gemini CLI",
    name: "@google/gemini-cli",
    version: "0.61.0",
    program: "@google/gemini-cli/bundle/gemini.js",
    needsNode: true,
  },
  "copilot-cli": {
    title: "Copilot CLI",
    name: "@github/copilot",
    version: "1.0.102",
    program: `@github/copilot-${platform}-${arch}/copilot${exe}`,
    needsNode: false,
  },
  opencode: {
    title: "opencode",
    name: "opencode-ai",
    version: "1.18.33",
    program: `opencode-${platform === "win32" ? "windows" : platform}-${arch}/bin/opencode${exe}`,
    needsNode: false,
  },
  "qwen-code": {
    title: "Qwen Code",
    name: "@qwen-code/qwen-code",
    version: "0.24.4",
    program: "@qwen-code/qwen-code/cli.js",
    needsNode: true,
  },
} as const satisfies Readonly<Record<string, ClientPackage>>;

export type TestedClient = keyof typeof clientPackages;
