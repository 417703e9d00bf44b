// Names of what the API's answers hold: a newer API may send a value that has no text yet, which is then shown as it is.

import { textOr } from "./texts.js";

/**
 * What follows from a failure of this class.
 * @param {string} failureClass
 */
export const following = (failureClass) => textOr(`following.${failureClass}`, "");
/** @param {string} queue */
export const queueName = (queue) => textOr(`queue.${queue}`, queue);
/** @param {string} type */
export const eventName = (type) => textOr(`event.${type}`, type);
/** @param {string} stage */
export const stageName = (stage) => textOr(`stage.${stage}`, stage);
