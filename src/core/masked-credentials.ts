/** Every secret that is handed out is known to the redactor before anybody can write it anywhere. */
import type { Redactor } from "../base/redact.ts";
import type { Credentials } from "../engine/accounts/credential.ts";

export function maskedCredentials(credentials: Credentials, redactor: Redactor): Credentials {
  const known = async (asked: ReturnType<Credentials["get"]>): ReturnType<Credentials["get"]> => {
    const result = await asked;
    if (!result.ok) return result;
    const { secret, madeFrom, machine } = result.credential;
    // Ids of the machine stand as bare text in bodies of the program whose login was read.
    for (const each of [secret, madeFrom, machine?.id, machine?.mac]) if (each) redactor.register(each.reveal());
    return result;
  };
  return {
    ...credentials,
    get: (account, signal) => known(credentials.get(account, signal)),
    renew: (account, refused, signal) => known(credentials.renew(account, refused, signal)),
  };
}
