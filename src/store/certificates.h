/// \file
/// Where OpenSSL finds the certificates of authorities, which a sandbox must leave readable.
#pragma once

namespace synfin {

inline constexpr const char* kCertificatePlaces[] = {"/etc/ssl/certs", "/etc/ssl/cert.pem",
                                                     "/etc/ssl/openssl.cnf", "/etc/pki/tls",
                                                     "/etc/pki/ca-trust"};

}  // namespace synfin
