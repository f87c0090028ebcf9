// Builds the program into a folder, `dist` unless another is named: one file for each of its processes, and what they share
// in chunks. Types are not looked at here; `npm run check` does that. Why it is bundled: docs/decisions/0012-bundled.md.
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = process.argv[2] ?? join(root, "dist");
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Of many small files, and in the way of nearly every command: they are taken in, with their licences. */
const takenIn = ["commander", "yaml"];

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
  external: Object.keys(dependencies).filter((name) => !takenIn.includes(name)),
  // Those two are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
  },
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
for (const name of takenIn) copyFileSync(join(root, "node_modules", name, "LICENSE"), join(outdir, `${name}.LICENSE`));
// npm links it as a command.
chmodSync(join(outdir, "cli.js"), 0o755);
