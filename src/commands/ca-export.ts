/** `switchyard ca export`: the root for people to take elsewhere (a phone, a virtual machine, an image), never a key. */
import { open, rename } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { token } from "../base/random.ts";
import { openExisting } from "./ca.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { discard } from "./rc-file.ts";
import { reasonOf } from "./unwritable.ts";

/** `pem` and `der` are the root alone; `bundle` is the roots of this system and ours, for what replaces a store. */
export const exportFormats = ["pem", "der", "bundle"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface CaExportOptions {
  readonly format: string;
  /** Where to; undefined or `-`: stdout. */
  readonly output: string | undefined;
}

/** Certificates are for everybody to read. */
const publicFile = 0o644;

export async function caExport(context: CommandContext, { format, output }: CaExportOptions): Promise<number> {
  const chosen = exportFormats.find((known) => known === format);
  if (chosen === undefined) {
    throw new CommandFailure(exitCodes.usage, `there is no format "${shown(format)}"`, {
      next: `switchyard ca export --format ${exportFormats.join("|")}`,
    });
  }
  const authority = await openExisting(context);
  const path = output === undefined || output === "-" ? null : resolve(output);
  if (path === null && chosen === "der" && context.stdout.isTTY === true) {
    throw new CommandFailure(exitCodes.usage, "DER is not for a terminal to show", {
      next: "switchyard ca export --format der -o switchyard.der",
    });
  }
  const bytes = await contentOf(context, chosen, authority.rootPem);
  if (path === null) context.stdout.write(bytes);
  else {
    await writeInPlace(context, path, bytes);
    printLines(context.stdout, [path]);
  }
  return exitCodes.ok;
}

async function contentOf(context: CommandContext, format: ExportFormat, rootPem: string): Promise<Uint8Array> {
  switch (format) {
    case "pem":
      return Buffer.from(rootPem);
    case "der":
      return new X509Certificate(rootPem).raw;
    case "bundle": {
      const { bundleText } = await import("../intercept/trust/bundle.ts");
      const { text, warnings } = await bundleText({ rootPem, env: context.env });
      printLines(
        context.stderr,
        warnings.map((warning) => `warning: ${shown(warning)}`),
      );
      return Buffer.from(text);
    }
  }
}

/** Whole or not at all, beside where it goes. */
async function writeInPlace(context: CommandContext, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${token(context.random, 9)}.tmp`;
  try {
    const file = await open(temporary, "wx", publicFile);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await discard(temporary);
    throw new CommandFailure(exitCodes.failure, `${shown(path)} cannot be written`, {
      why: reasonOf(error),
      next: "switchyard ca export -o ANOTHER-FILE",
    });
  }
}
