/** Why the local certificate authority cannot be used, with the next command to type. */

export type CaErrorKind =
  | "permissive" // the folder or the key file is open to other users
  | "foreign-owner" // it belongs to somebody else
  | "not-a-file" // a symbolic link, a folder or a device stands where the key file belongs
  | "storage" // the disk or the file system refused
  | "corrupt" // the file is not what we write
  | "mismatched" // its parts do not belong together
  | "expired"
  | "not-yet-valid" // the clock stands before the day it was made
  | "bad-scope" // no host is left that a certificate could be limited to, or too many
  | "busy" // more new hosts in a moment than any client has: a flood
  | "out-of-scope" // a leaf was asked for a host that the constraints do not permit
  | "bad-host"; // ... or for something that is no host name

export class CaError extends Error {
  readonly kind: CaErrorKind;
  /** What to do about it, in the user's words. */
  readonly fix: string;

  constructor(kind: CaErrorKind, message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CaError";
    this.kind = kind;
    this.fix = fix;
  }
}

export const rotateFix = "make a new one: switchyard ca rotate";
