/** The notice about subscription logins: what may follow from using one here, and its user's word for it. */
import { type CommandContext, printLines } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { askYes, canAsk } from "./prompt.ts";

export interface Terms {
  /** Whose login, for people. */
  readonly title: string;
  /** `--accept-terms` was given. */
  readonly accepted: boolean;
  /** The command to type again, with the flag. */
  readonly command: string;
}

/** @throws CommandFailure with exit code 6 when nobody has said yes */
export async function requireTerms(context: CommandContext, { title, accepted, command }: Terms): Promise<void> {
  if (accepted) return;
  const next = `${command} --accept-terms`;
  if (!canAsk(context)) {
    throw new CommandFailure(exitCodes.account, `nobody has accepted the terms for a login of ${title}`, {
      why: notice(title).join("\n       "),
      next,
    });
  }
  printLines(context.stderr, notice(title));
  if (await askYes(context, "Go on with it?")) return;
  throw new CommandFailure(exitCodes.account, "not without your yes; nothing was changed");
}

function notice(title: string): readonly string[] {
  return [
    `A login of ${title} is a subscription of yours. Sending other programs' calls to it may be against the terms of its`,
    "provider, and accounts have been closed for that. Read the terms; the decision is yours. Switchyard uses the login for",
    "calls that your rules send there and for nothing else, and pretends to be no other program.",
  ];
}
