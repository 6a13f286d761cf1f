/**
 * An error as the service answers it.
 *
 * @module
 */

/** Thrown by an action to answer with an error of the service. */
export class ServiceFault extends Error {
  /** The class in words. */
  override readonly name: string = "ServiceFault";
  /** The name of the exception, for example `ResourceNotFoundException`. */
  readonly type: string;
  /** The HTTP status. */
  readonly status: number;

  /** Makes an error with the service's name for it and its words. */
  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** An argument that cannot be meant. */
export function invalidArgument(message: string): ServiceFault {
  return new ServiceFault("InvalidArgumentException", message);
}

/** A parameter against the rules of the API. */
export function validation(message: string): ServiceFault {
  return new ServiceFault("ValidationException", message);
}

/** Something that does not exist. */
export function notFound(message: string): ServiceFault {
  return new ServiceFault("ResourceNotFoundException", message);
}

/** Something in another state than the action needs. */
export function inUse(message: string): ServiceFault {
  return new ServiceFault("ResourceInUseException", message);
}

/** More than the account may have or ask. */
export function limitExceeded(message: string): ServiceFault {
  return new ServiceFault("LimitExceededException", message);
}

/** More than a shard can take or give. */
export function throughputExceeded(message: string): ServiceFault {
  return new ServiceFault("ProvisionedThroughputExceededException", message);
}

/** A body that cannot be read. */
export function serialization(message: string): ServiceFault {
  return new ServiceFault("SerializationException", message);
}
