//! The published test vectors of each primitive.

use super::*;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    // Appendix A.1 and A.3; a key of ours is the first 32 bytes.
    for (key, salt, purpose, okm) in [
        (
            vec![0x0b; 22],
            unhex("000102030405060708090a0b0c"),
            unhex("f0f1f2f3f4f5f6f7f8f9"),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (vec![0x0b; 22], Vec::new(), Vec::new(), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"),
    ] {
        assert_eq!(derive(&key, &salt, &purpose).unwrap().to_vec(), unhex(okm), "HKDF-SHA256");
    }
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    // Test cases 1 and 2, whose keys are filled up with zeros as HMAC itself does.
    let key = |bytes: &[u8]| {
        let mut key = Key::default();
        key[..bytes.len()].copy_from_slice(bytes);
        key
    };
    for (key, message, mac) in [
        (key(&[0x0b; 20]), &b"Hi There"[..], "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            key(b"Jefe"),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ] {
        let made = authenticate(&key, message).unwrap().finalize().into_bytes();
        assert_eq!(made.to_vec(), unhex(mac), "HMAC-SHA256");
    }
}

#[test]
fn xchacha20_poly1305_is_that_of_the_draft() {
    // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    let key: [u8; KEY] = std::array::from_fn(|at| 0x80 + at as u8);
    let nonce: [u8; NONCE] = std::array::from_fn(|at| 0x40 + at as u8);
    let beside = unhex("50515253c0c1c2c3c4c5c6c7");
    let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let sealed = unhex(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
         ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
         21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49",
    );
    assert_eq!(encrypt(&key, &nonce, &beside, plain).unwrap(), sealed, "sealing");
    assert_eq!(decrypt(&key, &nonce, &beside, &sealed).unwrap().as_slice(), plain, "opening");
    assert_eq!(decrypt(&key, &nonce, b"", &sealed), Err(NotAuthentic), "what is beside it counts");
}

#[test]
fn argon2id_is_that_of_rfc_9106() {
    // Section 5.3, with the library and version that passphrases are stretched with.
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
    let associated = AssociatedData::new(&[4; 12]).unwrap();
    let params = ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(associated).output_len(32).build().unwrap();
    let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    let expected = unhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    assert_eq!(tag.to_vec(), expected, "Argon2id, version 0x13");
}
