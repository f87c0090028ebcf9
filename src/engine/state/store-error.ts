/** Why a store cannot be read or written, in words for people; `fix` is what to do about it. Never holds a stored value. */
export class StoreError extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.name = "StoreError";
    this.fix = fix;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "your disk quota is used up",
  EFBIG: "it would be larger than this session may write",
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EIO: "the disk reports an error",
};

export function reading(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  if (code === undefined) return new StoreError(textOf(error));
  // A socket cannot be opened at all.
  if (code === "ENXIO") return new StoreError(`${path} is not a plain file; move it away`);
  const fix = code === "EACCES" || code === "EPERM" ? `chmod u+rw '${path}'   (or chown it to yourself)` : undefined;
  return new StoreError(`${path} cannot be read: ${reasons[code] ?? code} (${code})`, fix);
}

export function writing(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  const why = code === undefined ? textOf(error) : `${reasons[code] ?? code} (${code})`;
  return new StoreError(`${path} cannot be written: ${why}; what it held before is still there`);
}

function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
