// npm links `dist/cli.js` as a command; the compiler writes it without the executable bit.
import { chmodSync } from "node:fs";

chmodSync(new URL("../dist/cli.js", import.meta.url), 0o755);
