/**
 * The file side of the control socket: its folder belongs to us alone (0700), the socket too (0600), and a socket left
 * by a dead core is removed, but never one that somebody answers.
 */
import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { userInfo } from "node:os";

const privateFolder = 0o700;
const privateFile = 0o600;

export async function prepareSocket(socketPath: string): Promise<void> {
  if (isPipe(socketPath)) return;
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: privateFolder });
  const stats = await lstat(folder);
  // The folder may lie in the shared temporary directory, where somebody else could have made it first.
  if (!stats.isDirectory() || stats.uid !== userInfo().uid) {
    throw new Error(`${folder} is not a folder of yours, the control socket cannot be made there; remove it`);
  }
  if ((stats.mode & 0o077) !== 0) await chmod(folder, privateFolder);
  if (await answers(socketPath)) throw new Error(`somebody already answers on ${socketPath}`);
  await unlink(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

export async function restrictSocket(socketPath: string): Promise<void> {
  if (!isPipe(socketPath)) await chmod(socketPath, privateFile);
}

/** Does anybody accept connections there? */
async function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

function isPipe(socketPath: string): boolean {
  return socketPath.startsWith("\\\\");
}
