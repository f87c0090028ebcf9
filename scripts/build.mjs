// Builds the program into a folder, `dist` unless another is named: one file for each of its processes, and what they share
// in chunks. Types are not looked at here; `npm run check` does that. Why it is bundled: docs/decisions/0012-bundled.md.
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = process.argv[2] ?? join(root, "dist");
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * Taken in, with their licences: what consists of many small files and is in the way of nearly every command, and what is large
 * and used in part (of valibot a third, whose source and functions a core keeps in memory).
 */
const takenIn = {
  commander: "LICENSE",
  yaml: "LICENSE",
  valibot: "LICENSE.md",
  "@valibot/to-json-schema": "LICENSE.md",
};

await build({
  absWorkingDir: root,
  entryPoints: ["src/cli.ts", "src/tui/main.ts", "src/commands/demo-client.ts"],
  outbase: "src",
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20.18",
  // What else we depend on is installed beside us.
  external: Object.keys(dependencies).filter((name) => !Object.hasOwn(takenIn, name)),
  // Those two are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
  },
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
for (const name of readdirSync(outdir, { recursive: true })) {
  if (name.endsWith(".js")) onlyAscii(join(outdir, name));
}
for (const [name, licence] of Object.entries(takenIn)) {
  copyFileSync(join(root, "node_modules", name, licence), join(outdir, `${name.replace("/", "-")}.LICENSE`));
}
// npm links it as a command.
chmodSync(join(outdir, "cli.js"), 0o755);

/**
 * V8 keeps the source of what it runs, with two bytes for each character where one is beyond Latin-1: three dots in a comment
 * doubled a chunk. esbuild escapes strings; what is left stands in comments, expressions and tagged templates, which all may
 * hold the same escape.
 */
function onlyAscii(path) {
  const text = readFileSync(path, "utf8");
  const escaped = text.replace(/(\\?)([^\0-\x7f])/g, (_whole, before, unit) => {
    if (before !== "") throw new Error(`${path}: a backslash before ${unit}, which an escape would change`);
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  if (escaped !== text) writeFileSync(path, escaped);
}
