/**
 * Errors of the service.
 *
 * @module
 */

/** An error of the service. Actions throw it; the server turns it into an error answer. */
export class ServiceFault extends Error {
  /** The class name, which survives minifying. */
  override readonly name: string = "ServiceFault";
  /** The exception name, for example `ResourceNotFoundException`. */
  readonly type: string;
  /**
   * The HTTP status.
   * @default {400}
   */
  readonly status: number;

  /** Makes an error with an exception name, a message and an HTTP status. */
  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** InvalidArgumentException: a parameter has a value that the action cannot use. */
export function invalidArgument(message: string): ServiceFault {
  return new ServiceFault("InvalidArgumentException", message);
}

/** ValidationException: a parameter violates a constraint of the API. */
export function validation(message: string): ServiceFault {
  return new ServiceFault("ValidationException", message);
}

/** ResourceNotFoundException: the stream, shard or consumer does not exist. */
export function notFound(message: string): ServiceFault {
  return new ServiceFault("ResourceNotFoundException", message);
}

/** ResourceInUseException: the resource is not in the state that the action needs. */
export function inUse(message: string): ServiceFault {
  return new ServiceFault("ResourceInUseException", message);
}

/** LimitExceededException: a limit of the account, or a call rate, is exceeded. */
export function limitExceeded(message: string): ServiceFault {
  return new ServiceFault("LimitExceededException", message);
}

/** ProvisionedThroughputExceededException: a rate of the shard is exceeded. */
export function throughputExceeded(message: string): ServiceFault {
  return new ServiceFault("ProvisionedThroughputExceededException", message);
}

/** SerializationException: the body cannot be decoded. */
export function serialization(message: string): ServiceFault {
  return new ServiceFault("SerializationException", message);
}
