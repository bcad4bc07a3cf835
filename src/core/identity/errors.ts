import { ProtocolError } from '../base/errors.ts'

/** Thrown when a tab certificate is not acceptable; the subclasses say why. */
export class CertificateError extends ProtocolError {
  override name = 'CertificateError'
}

/** Thrown when a certificate's time is over, or has not begun. */
export class CertificateExpiredError extends CertificateError {
  override name = 'CertificateExpiredError'
}

/** Thrown when a certificate was made for another room. */
export class ForeignRoomCertificateError extends CertificateError {
  override name = 'ForeignRoomCertificateError'
}

/** Thrown when a certificate names another tab than the peer that shows it. */
export class CertificatePeerMismatchError extends CertificateError {
  override name = 'CertificatePeerMismatchError'
}

/** Thrown when a certificate is not signed by the account it names. */
export class CertificateSignatureError extends CertificateError {
  override name = 'CertificateSignatureError'
}
