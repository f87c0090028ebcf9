// `npm start`: builds when there is no build or the sources are newer, then is the `switchyard` command itself.
// The build speaks on stderr; stdout belongs to the command.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "dist", "cli.js");

if (isStale()) build();
process.argv[1] = cli;
await import(new URL("../dist/cli.js", import.meta.url).href);

function isStale() {
  const sources = join(root, "src");
  // An installed package has a build and no sources.
  if (!existsSync(sources)) return false;
  if (!existsSync(cli)) return true;
  const builtAt = statSync(cli).mtimeMs;
  const inputs = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => join(sources, name));
  return [...inputs, join(root, "tsconfig.json"), join(root, "scripts", "build.mjs")].some(
    (path) => statSync(path).mtimeMs > builtAt,
  );
}

function build() {
  process.stderr.write("building …\n");
  // npm tells its scripts where it is itself; without npm the one in PATH has to do.
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const result = spawnSync(command, [...args, "run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: command === "npm" && process.platform === "win32",
  });
  if (result.status === 0) return;
  process.stderr.write("error: the build failed\n  next: npm ci && npm start\n");
  process.exit(1);
}
