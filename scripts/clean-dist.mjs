// Before packing: the compiler leaves what a source that is gone was once compiled to, and it would be published.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
