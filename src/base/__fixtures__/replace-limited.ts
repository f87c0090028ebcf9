/** Replaces the file that is named, in a process whose files may hold nothing, and says what came of it. */
import { replaceFile } from "../replace-file.ts";

const random = { bytes: (count: number) => Buffer.alloc(count) };
await replaceFile(process.argv[2] ?? "", "new", random).catch((error: unknown) => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "no code";
  process.stdout.write(`${code} ${error instanceof Error ? error.message : String(error)}\n`);
});
