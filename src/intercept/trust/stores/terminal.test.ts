/** A program that asks for a password on the terminal is answered there: we neither ask, nor see, nor pass anything on. */
import { execFile } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { canRun } from "../../../../test/support/needs.ts";
import { tempFolder } from "../../../../test/support/temp.ts";

const fixture = fileURLToPath(new URL("./__fixtures__/act.ts", import.meta.url));

/** A terminal of its own; the password is typed when it is asked for. Prints all that was to be seen on it. */
const terminal = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, typed = b"", False
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if b"password:" in seen and not typed:
        typed = True
        os.write(fd, b"hunter2\\n")
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
`;

describe.runIf(canRun("python3"))("a step on a terminal", { timeout: 60_000 }, () => {
  it("has the terminal to itself", async () => {
    const folder = tempFolder("terminal");
    const sudo = folder.file(
      "sudo",
      `#!/bin/sh
stty -echo < /dev/tty
printf 'password: ' > /dev/tty
read -r word < /dev/tty
stty echo < /dev/tty
echo "$word" > '${join(folder.path, "got")}'
echo noise
exit 3
`,
    );
    chmodSync(sudo, 0o755);
    const stdout = join(folder.path, "stdout");
    const node = [process.execPath, "--import", import.meta.resolve("tsx"), fixture, sudo, "update"];
    const command = `${node.map((word) => `'${word}'`).join(" ")} > '${stdout}'`;
    const seen = (await promisify(execFile)("python3", ["-c", terminal, "sh", "-c", command])).stdout;
    expect(readFileSync(join(folder.path, "got"), "utf8")).toBe("hunter2\n");
    expect(seen).toContain("password: ");
    expect(seen).not.toContain("hunter2");
    // What it says is not a result of ours.
    expect(seen).toContain("noise");
    expect(readFileSync(stdout, "utf8")).toBe("code 3\n");
    folder.close();
  });
});
