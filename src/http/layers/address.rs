//! Where a request comes from: the peer, or what a trusted proxy in front of us says.

use std::net::{IpAddr, SocketAddr};

use atelier_app::visit::Address;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use crate::settings::Network;

pub async fn find(
    Extract(proxies): Extract<std::sync::Arc<[Network]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let address = client(peer, request.headers(), &proxies);
    request.extensions_mut().insert(Address(address));
    next.run(request).await
}

/// The last address before our own proxies. Each proxy appends whom it heard, so the list is read
/// from its end; what stands before a stranger's address could be made up.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .flat_map(|value| value.split(','))
        .collect();
    // An IPv4 client of an IPv6 socket comes as `::ffff:a.b.c.d`.
    let mut address = peer.to_canonical();
    for earlier in forwarded.iter().rev() {
        let Ok(earlier) = earlier.trim().parse::<IpAddr>() else {
            break;
        };
        if !trusted(address) {
            break;
        }
        address = earlier.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &str) -> String {
        let proxies = [Network::parse("10.0.0.0/8").unwrap()];
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(from("192.0.2.9", ""), "192.0.2.9");
        assert_eq!(from("192.0.2.9", "203.0.113.1"), "192.0.2.9");
        assert_eq!(from("10.0.0.1", "203.0.113.1"), "203.0.113.1");
        assert_eq!(from("10.0.0.1", "1.1.1.1, 203.0.113.1"), "203.0.113.1");
        assert_eq!(from("10.0.0.1", "203.0.113.1, 10.0.0.2"), "203.0.113.1");
        assert_eq!(from("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(from("10.0.0.1", "nonsense, 203.0.113.1"), "203.0.113.1");
        assert_eq!(from("::ffff:10.0.0.1", "203.0.113.1"), "203.0.113.1");
    }
}
