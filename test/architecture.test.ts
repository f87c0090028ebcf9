/** The dependency rule of ARCHITECTURE.md as a table. A file or an import the table does not know is a failure. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readImports, strippedOfComments } from "./support/imports.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where a file lives, longest prefix first, and which areas it may import besides its own. */
const areas = {
  "src/base/": [],
  "src/intercept/": ["src/base/"],
  "src/engine/errors/": ["src/base/"],
  "src/engine/codecs/": ["src/base/", "src/engine/errors/"],
  "src/engine/hub/": ["src/base/", "src/engine/errors/", "src/engine/codecs/"],
  // The shape of the configuration is below everybody; reading and checking it is above, for it asks them what is valid.
  "src/engine/config/schema.ts": ["src/base/"],
  "src/engine/config/": [
    "src/base/",
    "src/engine/config/schema.ts",
    "src/engine/providers/",
    "src/engine/routing/",
    "src/engine/accounts/",
  ],
  "src/engine/state/": ["src/base/"],
  "src/engine/usage/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/codecs/",
    "src/engine/errors/",
    "src/engine/config/schema.ts",
  ],
  // Words that both sides of a call's authorisation speak.
  "src/engine/accounts/credential.ts": ["src/base/", "src/engine/errors/", "src/engine/config/schema.ts"],
  "src/engine/quota/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/codecs/",
    "src/engine/errors/",
    "src/engine/config/schema.ts",
    "src/engine/accounts/credential.ts",
    "src/engine/providers/",
    "src/engine/formats/",
  ],
  "src/engine/formats/": ["src/base/", "src/engine/hub/", "src/engine/codecs/", "src/engine/errors/"],
  // Beside the formats: their root helpers, never a format's folder.
  "src/engine/media/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/codecs/",
    "src/engine/errors/",
    "src/engine/formats/",
  ],
  "src/engine/providers/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/codecs/",
    "src/engine/errors/",
    "src/engine/config/schema.ts",
    "src/engine/accounts/credential.ts",
    "src/engine/formats/",
  ],
  "src/engine/accounts/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/codecs/",
    "src/engine/errors/",
    "src/engine/config/schema.ts",
    "src/engine/accounts/credential.ts",
    "src/engine/state/",
    "src/engine/providers/",
  ],
  "src/engine/routing/": [
    "src/base/",
    "src/engine/hub/",
    "src/engine/errors/",
    "src/engine/config/schema.ts",
    "src/engine/state/",
    "src/engine/accounts/",
    "src/engine/providers/",
    "src/engine/formats/",
  ],
  "src/engine/": ["src/base/", "src/engine/*"],
  "src/tui/main.ts": ["src/base/", "src/tui/", "src/control/", "src/commands/"],
  "src/tui/": ["src/base/"],
  "src/control/": ["src/*"],
  "src/commands/": ["src/*"],
  "src/cli.ts": ["src/*"],
  "src/core.ts": ["src/*"],
  "src/core/": ["src/*"],
  "src/core-main.ts": ["src/*"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Packages that exactly one place wraps. */
const wrapped: Readonly<Record<string, string>> = {
  "http-mitm-proxy": "src/intercept/shell.ts",
  "node-forge": "src/intercept/ca/",
  lowdb: "src/engine/state/",
  oauth4webapi: "src/engine/accounts/oauth/",
  "prom-client": "src/core/metrics/",
  protobufjs: "src/engine/formats/cursor/wire/",
  "@smithy/eventstream-codec": "src/engine/codecs/aws-event-stream.ts",
  ink: "src/tui/",
  react: "src/tui/",
};

/** The one named exception to "formats never import another format". */
const mayUseGemini = ["gemini-cli", "antigravity"];

/** Words that switch TLS verification off. */
const neverWritten = [/rejectUnauthorized\s*:\s*false/, /NODE_TLS_REJECT_UNAUTHORIZED/];

/** `doctor` has to look whether somebody has set the variable: its one file names it, in this one line. */
const namesTheSwitch = {
  file: "src/commands/doctor/shell.ts",
  line: 'export const verificationSwitch = "NODE_TLS_REJECT_UNAUTHORIZED";',
};

describe("architecture", () => {
  const files = sources();

  it("sees the sources", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files).toContain("src/base/http.ts");
  });

  it("lets one file alone look for its neighbours on the disk, and one for packages: the others end up in chunks", () => {
    const looking = files.filter((file) => readFileSync(join(root, file), "utf8").includes("import.meta"));
    expect(looking.filter((file) => !/\.test\.|__fixtures__/.test(file))).toEqual([
      "src/cli.ts",
      "src/base/lazy-package.ts",
    ]);
  });

  it("lets every file import only what its place allows", () => {
    const found = files.flatMap((file) => violations(file, readFileSync(join(root, file), "utf8")));
    expect(found).toEqual([]);
  });

  it.each([
    ["src/intercept/front.ts", `import { a } from "../engine/index.ts";`, "src/engine/"],
    ["src/engine/index.ts", `import type { A } from "../intercept/index.ts";`, "src/intercept/"],
    ["src/tui/App.tsx", `export { a } from "../control/client.ts";`, "src/control/"],
    ["src/tui/App.tsx", `const a = await import("../engine/index.ts");`, "src/engine/"],
    ["src/base/bus.ts", `import { a } from "../intercept/tap.ts";`, "src/intercept/"],
    ["src/engine/codecs/sse.ts", `import {\n  a,\n  b,\n} from "../hub/stream.ts";`, "src/engine/hub/"],
    ["src/engine/formats/claude/index.ts", `import { a } from "../openai-chat/wire.ts";`, "another format"],
    ["src/engine/media/index.ts", `import { a } from "../formats/claude/index.ts";`, "imports a format"],
    ["src/engine/media/index.ts", `import { a } from "../providers/table.ts";`, "src/engine/providers/"],
    ["src/engine/accounts/pool.ts", `import { a } from "../routing/decide.ts";`, "src/engine/routing/"],
    ["src/intercept/connect.ts", `import { Proxy } from "http-mitm-proxy";`, "http-mitm-proxy"],
    [
      "src/engine/formats/kiro/stream-in.ts",
      `import type * as a from "@smithy/eventstream-codec";`,
      "eventstream-codec",
    ],
    ["src/engine/formats/kiro/stream-in.ts", `const load = lazyPackage<typeof a>("protobufjs");`, "protobufjs"],
    ["src/intercept/upstream/dial.ts", `import forge from "node-forge";`, "node-forge"],
    ["src/intercept/upstream/dial.ts", `connect({ rejectUnauthorized: false });`, "never written"],
    ["src/intercept/upstream/dial.ts", `process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";`, "never written"],
    ["src/commands/doctor.ts", namesTheSwitch.line, "never written"],
    [namesTheSwitch.file, `${namesTheSwitch.line}\nprocess.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";`, "never written"],
    ["src/engine/index.test.ts", `import { a } from "../intercept/index.ts";`, "src/intercept/"],
    ["src/elsewhere/new.ts", `export const a = 1;`, "no area"],
    ["src/engine/index.ts", `const a = await import(name);`, "cannot be read"],
  ])("would catch %s: %s", (file, source, complaint) => {
    expect(violations(file, source).join("\n")).toContain(complaint);
  });

  it.each([
    ["src/engine/formats/gemini-cli/index.ts", `import { a } from "../gemini/wire.ts";`],
    ["src/engine/pipeline/handle.ts", `import { a } from "../routing/decide.ts";`],
    ["src/intercept/shell.ts", `import { Proxy } from "http-mitm-proxy";`],
    ["src/engine/formats/cursor/wire/schema.ts", `const load = lazyPackage<typeof a>("protobufjs");`],
    [namesTheSwitch.file, namesTheSwitch.line],
    ["src/intercept/shell.ts", `// never rejectUnauthorized: false, never import "../engine/index.ts"`],
    ["src/engine/hub/stream.test.ts", `import { a } from "../formats/claude/index.ts";`],
    ["src/core.ts", `import { a } from "./engine/index.ts"; import { b } from "./intercept/index.ts";`],
  ])("lets pass %s: %s", (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});

function violations(file: string, source: string): string[] {
  const area = areaOf(file);
  if (area === undefined) return [`${file}: no area in the table`];
  const { specifiers, unreadable } = readImports(source);
  const found = unreadable.map((statement) => `${file}: cannot be read: ${statement}`);
  const all = strippedOfComments(source);
  for (const specifier of [...specifiers, ...lazyPackages(all)]) {
    const complaint = specifier.startsWith(".") ? ownImport(file, area, specifier) : packageImport(file, specifier);
    if (complaint !== null) found.push(`${file}: ${complaint}`);
  }
  const code = file === namesTheSwitch.file ? all.replace(namesTheSwitch.line, "") : all;
  for (const pattern of neverWritten) if (pattern.test(code)) found.push(`${file}: never written: ${pattern.source}`);
  return found;
}

function ownImport(file: string, area: keyof typeof areas, specifier: string): string | null {
  const target = join(dirname(file), specifier).split(sep).join("/");
  // package.json and the like: no code of ours.
  if (!target.startsWith("src/")) {
    return target.endsWith(".json") || isTest(file) ? null : `imports ${target}, outside src`;
  }
  const targetArea = areaOf(target);
  if (targetArea === undefined) return `imports ${target}, which has no area in the table`;
  if (targetArea === "src/engine/formats/" && area === "src/engine/formats/") return formatImport(file, target);
  if (area === "src/engine/media/" && !isTest(file) && formatFolder(target) !== null)
    return `imports a format: ${target}`;
  if (targetArea === area || (isTest(file) && [wing(file), "base"].includes(wing(target)))) return null;
  const allowed: readonly string[] = areas[area];
  const fits = allowed.some((place) =>
    place.endsWith("*") ? target.startsWith(place.slice(0, -1)) : targetArea === place,
  );
  return fits ? null : `imports ${targetArea} (${specifier})`;
}

/** A file of one format's folder may import that folder and the shared files above it, not a sibling. */
function formatImport(file: string, target: string): string | null {
  const from = formatFolder(file);
  const to = formatFolder(target);
  if (from === null || to === null || from === to || isTest(file)) return null;
  if (to === "gemini" && mayUseGemini.includes(from)) return null;
  return `imports another format: ${to}`;
}

function formatFolder(file: string): string | null {
  return /^src\/engine\/formats\/([^/]+)\//.exec(file)?.[1] ?? null;
}

function packageImport(file: string, specifier: string): string | null {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const home = wrapped[name];
  if (home === undefined || file.startsWith(home) || isTest(file)) return null;
  return `imports ${name}, which only ${home} may`;
}

/** What is loaded at its first use (`src/base/lazy-package.ts`) counts as imported. */
function lazyPackages(code: string): readonly string[] {
  return [...code.matchAll(/\blazyPackage\s*(?:<[^()]*>)?\(\s*["']([^"']+)["']/g)].flatMap(([, name]) => name ?? []);
}

function areaOf(file: string): keyof typeof areas | undefined {
  // The table is written with the longest prefixes of a tree before the shorter ones.
  const keys = Object.keys(areas) as (keyof typeof areas)[]; // keys of a literal table
  return keys.find((prefix) => file.replace(/\.test\.(tsx?)$/, ".$1").startsWith(prefix));
}

/** Tests and fixtures beside the code may fetch what they compare with from anywhere in their own wing, and from test/. */
function isTest(file: string): boolean {
  return /\.test\.tsx?$|\/__fixtures__\//.test(file);
}

function wing(file: string): string {
  return file.split("/")[1] ?? "";
}

function sources(): string[] {
  return readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}
