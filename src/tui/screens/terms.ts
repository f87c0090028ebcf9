/** The notice about subscription logins, in the words of `switchyard accounts login`, and its user's word for it. */
import { type Effect, panelDialog, said } from "../state/effect.ts";
import { paragraph } from "./facts.ts";

/** @param title whose login, for people */
export function termsPanel(title: string, accepted: Effect): Effect {
  return panelDialog({
    title: `A login of ${title}: its terms`,
    lines: (_now, width) => [
      [],
      ...paragraph(
        `A login of ${title} is a subscription of yours. Sending other programs' calls to it may be against the terms of ` +
          "its provider, and accounts have been closed for that. Read the terms; the decision is yours. Switchyard uses " +
          "the login for calls that your rules send there and for nothing else, and pretends to be no other program.",
        width,
      ),
      [],
      [{ text: "   Go on with it?", style: "strong" }],
    ],
    keys: [{ key: "y", word: "yes, go on", effect: accepted, stays: false }],
    left: { word: "no", effect: said("not without your yes; nothing was changed") },
  });
}
