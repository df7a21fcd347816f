/* Requests to this server: the CSRF token goes along, and what went wrong comes back as a sentence. */

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export const csrf = () => document.body.dataset.csrf;

const headers = () => ({ "X-Iris": "1", "X-CSRF-Token": csrf() });

/** The answer to a request. Leads to the sign-in when the session is over. */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, { ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server cannot be reached. Check the connection and try again.", 0);
  }
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Refused(await sentence(response), response.status);
  return response;
}

export const askText = async (address, options) => (await ask(address, options)).text();
export const askJson = async (address, options) => (await ask(address, options)).json();

/** Sends the fields of an object as a form. */
export function send(address, fields, method = "POST") {
  return ask(address, { method, body: new URLSearchParams(fields) });
}

async function sentence(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}
