// Before packing: a build leaves the chunks of the one before it, which a running core may still load, and they would be published.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
