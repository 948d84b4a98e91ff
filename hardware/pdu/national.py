"""National language tables of 3GPP 23.038 annex A, loaded when a text first names one.

LOCKING: language identifier to its 128 characters in septet order; U+FFFE where the spec defines none (0x1B, the
escape, too). SINGLE: language identifier to three characters for each entry: the septet in hex, then its character.
Language 2 (Spanish) has no locking table. Code points agree with four public implementations, or with most of them;
Kannada 0x24 is U+0CA1, where the spec prints U+0CAA twice.
"""

LANGUAGES = {
    1: "turkish",
    2: "spanish",
    3: "portuguese",
    4: "bengali",
    5: "gujarati",
    6: "hindi",
    7: "kannada",
    8: "malayalam",
    9: "oriya",
    10: "punjabi",
    11: "tamil",
    12: "telugu",
    13: "urdu",
}

LOCKING = {
    1: (  # turkish
        "@\u00a3$\u00a5\u20ac\u00e9\u00f9\u0131\u00f2\u00c7\n\u011e\u011f\r\u00c5\u00e5"
        "\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\ufffe\u015e\u015f\u00df\u00c9"
        " !\"#\u00a4%&'()*+,-./"
        "0123456789:;<=>?"
        "\u0130ABCDEFGHIJKLMNO"
        "PQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7"
        "\u00e7abcdefghijklmno"
        "pqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0"
    ),
    3: (  # portuguese
        "@\u00a3$\u00a5\u00ea\u00e9\u00fa\u00ed\u00f3\u00e7\n\u00d4\u00f4\r\u00c1\u00e1"
        "\u0394_\u00aa\u00c7\u00c0\u221e^\\\u20ac\u00d3|\ufffe\u00c2\u00e2\u00ca\u00c9"
        " !\"#\u00ba%&'()*+,-./"
        "0123456789:;<=>?"
        "\u00cdABCDEFGHIJKLMNO"
        "PQRSTUVWXYZ\u00c3\u00d5\u00da\u00dc\u00a7"
        "~abcdefghijklmno"
        "pqrstuvwxyz\u00e3\u00f5`\u00fc\u00e0"
    ),
    4: (  # bengali
        "\u0981\u0982\u0983\u0985\u0986\u0987\u0988\u0989\u098a\u098b\n\u098c\ufffe\r\ufffe\u098f"
        "\u0990\ufffe\ufffe\u0993\u0994\u0995\u0996\u0997\u0998\u0999\u099a\ufffe\u099b\u099c\u099d\u099e"
        " !\u099f\u09a0\u09a1\u09a2\u09a3\u09a4)(\u09a5\u09a6,\u09a7.\u09a8"
        "0123456789:;\ufffe\u09aa\u09ab?"
        "\u09ac\u09ad\u09ae\u09af\u09b0\ufffe\u09b2\ufffe\ufffe\ufffe\u09b6\u09b7\u09b8\u09b9\u09bc\u09bd"
        "\u09be\u09bf\u09c0\u09c1\u09c2\u09c3\u09c4\ufffe\ufffe\u09c7\u09c8\ufffe\ufffe\u09cb\u09cc\u09cd"
        "\u09ceabcdefghijklmno"
        "pqrstuvwxyz\u09d7\u09dc\u09dd\u09f0\u09f1"
    ),
    5: (  # gujarati
        "\u0a81\u0a82\u0a83\u0a85\u0a86\u0a87\u0a88\u0a89\u0a8a\u0a8b\n\u0a8c\u0a8d\r\ufffe\u0a8f"
        "\u0a90\u0a91\ufffe\u0a93\u0a94\u0a95\u0a96\u0a97\u0a98\u0a99\u0a9a\ufffe\u0a9b\u0a9c\u0a9d\u0a9e"
        " !\u0a9f\u0aa0\u0aa1\u0aa2\u0aa3\u0aa4)(\u0aa5\u0aa6,\u0aa7.\u0aa8"
        "0123456789:;\ufffe\u0aaa\u0aab?"
        "\u0aac\u0aad\u0aae\u0aaf\u0ab0\ufffe\u0ab2\u0ab3\ufffe\u0ab5\u0ab6\u0ab7\u0ab8\u0ab9\u0abc\u0abd"
        "\u0abe\u0abf\u0ac0\u0ac1\u0ac2\u0ac3\u0ac4\u0ac5\ufffe\u0ac7\u0ac8\u0ac9\ufffe\u0acb\u0acc\u0acd"
        "\u0ad0abcdefghijklmno"
        "pqrstuvwxyz\u0ae0\u0ae1\u0ae2\u0ae3\u0af1"
    ),
    6: (  # hindi
        "\u0901\u0902\u0903\u0905\u0906\u0907\u0908\u0909\u090a\u090b\n\u090c\u090d\r\u090e\u090f"
        "\u0910\u0911\u0912\u0913\u0914\u0915\u0916\u0917\u0918\u0919\u091a\ufffe\u091b\u091c\u091d\u091e"
        " !\u091f\u0920\u0921\u0922\u0923\u0924)(\u0925\u0926,\u0927.\u0928"
        "0123456789:;\u0929\u092a\u092b?"
        "\u092c\u092d\u092e\u092f\u0930\u0931\u0932\u0933\u0934\u0935\u0936\u0937\u0938\u0939\u093c\u093d"
        "\u093e\u093f\u0940\u0941\u0942\u0943\u0944\u0945\u0946\u0947\u0948\u0949\u094a\u094b\u094c\u094d"
        "\u0950abcdefghijklmno"
        "pqrstuvwxyz\u0972\u097b\u097c\u097e\u097f"
    ),
    7: (  # kannada
        "\ufffe\u0c82\u0c83\u0c85\u0c86\u0c87\u0c88\u0c89\u0c8a\u0c8b\n\u0c8c\ufffe\r\u0c8e\u0c8f"
        "\u0c90\ufffe\u0c92\u0c93\u0c94\u0c95\u0c96\u0c97\u0c98\u0c99\u0c9a\ufffe\u0c9b\u0c9c\u0c9d\u0c9e"
        " !\u0c9f\u0ca0\u0ca1\u0ca2\u0ca3\u0ca4)(\u0ca5\u0ca6,\u0ca7.\u0ca8"
        "0123456789:;\ufffe\u0caa\u0cab?"
        "\u0cac\u0cad\u0cae\u0caf\u0cb0\u0cb1\u0cb2\u0cb3\ufffe\u0cb5\u0cb6\u0cb7\u0cb8\u0cb9\u0cbc\u0cbd"
        "\u0cbe\u0cbf\u0cc0\u0cc1\u0cc2\u0cc3\u0cc4\ufffe\u0cc6\u0cc7\u0cc8\ufffe\u0cca\u0ccb\u0ccc\u0ccd"
        "\u0cd5abcdefghijklmno"
        "pqrstuvwxyz\u0cd6\u0ce0\u0ce1\u0ce2\u0ce3"
    ),
    8: (  # malayalam
        "\ufffe\u0d02\u0d03\u0d05\u0d06\u0d07\u0d08\u0d09\u0d0a\u0d0b\n\u0d0c\ufffe\r\u0d0e\u0d0f"
        "\u0d10\ufffe\u0d12\u0d13\u0d14\u0d15\u0d16\u0d17\u0d18\u0d19\u0d1a\ufffe\u0d1b\u0d1c\u0d1d\u0d1e"
        " !\u0d1f\u0d20\u0d21\u0d22\u0d23\u0d24)(\u0d25\u0d26,\u0d27.\u0d28"
        "0123456789:;\ufffe\u0d2a\u0d2b?"
        "\u0d2c\u0d2d\u0d2e\u0d2f\u0d30\u0d31\u0d32\u0d33\u0d34\u0d35\u0d36\u0d37\u0d38\u0d39\ufffe\u0d3d"
        "\u0d3e\u0d3f\u0d40\u0d41\u0d42\u0d43\u0d44\ufffe\u0d46\u0d47\u0d48\ufffe\u0d4a\u0d4b\u0d4c\u0d4d"
        "\u0d57abcdefghijklmno"
        "pqrstuvwxyz\u0d60\u0d61\u0d62\u0d63\u0d79"
    ),
    9: (  # oriya
        "\u0b01\u0b02\u0b03\u0b05\u0b06\u0b07\u0b08\u0b09\u0b0a\u0b0b\n\u0b0c\ufffe\r\ufffe\u0b0f"
        "\u0b10\ufffe\ufffe\u0b13\u0b14\u0b15\u0b16\u0b17\u0b18\u0b19\u0b1a\ufffe\u0b1b\u0b1c\u0b1d\u0b1e"
        " !\u0b1f\u0b20\u0b21\u0b22\u0b23\u0b24)(\u0b25\u0b26,\u0b27.\u0b28"
        "0123456789:;\ufffe\u0b2a\u0b2b?"
        "\u0b2c\u0b2d\u0b2e\u0b2f\u0b30\ufffe\u0b32\u0b33\ufffe\u0b35\u0b36\u0b37\u0b38\u0b39\u0b3c\u0b3d"
        "\u0b3e\u0b3f\u0b40\u0b41\u0b42\u0b43\u0b44\ufffe\ufffe\u0b47\u0b48\ufffe\ufffe\u0b4b\u0b4c\u0b4d"
        "\u0b56abcdefghijklmno"
        "pqrstuvwxyz\u0b57\u0b60\u0b61\u0b62\u0b63"
    ),
    10: (  # punjabi
        "\u0a01\u0a02\u0a03\u0a05\u0a06\u0a07\u0a08\u0a09\u0a0a\ufffe\n\ufffe\ufffe\r\ufffe\u0a0f"
        "\u0a10\ufffe\ufffe\u0a13\u0a14\u0a15\u0a16\u0a17\u0a18\u0a19\u0a1a\ufffe\u0a1b\u0a1c\u0a1d\u0a1e"
        " !\u0a1f\u0a20\u0a21\u0a22\u0a23\u0a24)(\u0a25\u0a26,\u0a27.\u0a28"
        "0123456789:;\ufffe\u0a2a\u0a2b?"
        "\u0a2c\u0a2d\u0a2e\u0a2f\u0a30\ufffe\u0a32\u0a33\ufffe\u0a35\u0a36\ufffe\u0a38\u0a39\u0a3c\ufffe"
        "\u0a3e\u0a3f\u0a40\u0a41\u0a42\ufffe\ufffe\ufffe\ufffe\u0a47\u0a48\ufffe\ufffe\u0a4b\u0a4c\u0a4d"
        "\u0a51abcdefghijklmno"
        "pqrstuvwxyz\u0a70\u0a71\u0a72\u0a73\u0a74"
    ),
    11: (  # tamil
        "\ufffe\u0b82\u0b83\u0b85\u0b86\u0b87\u0b88\u0b89\u0b8a\ufffe\n\ufffe\ufffe\r\u0b8e\u0b8f"
        "\u0b90\ufffe\u0b92\u0b93\u0b94\u0b95\ufffe\ufffe\ufffe\u0b99\u0b9a\ufffe\ufffe\u0b9c\ufffe\u0b9e"
        " !\u0b9f\ufffe\ufffe\ufffe\u0ba3\u0ba4)(\ufffe\ufffe,\ufffe.\u0ba8"
        "0123456789:;\u0ba9\u0baa\ufffe?"
        "\ufffe\ufffe\u0bae\u0baf\u0bb0\u0bb1\u0bb2\u0bb3\u0bb4\u0bb5\u0bb6\u0bb7\u0bb8\u0bb9\ufffe\ufffe"
        "\u0bbe\u0bbf\u0bc0\u0bc1\u0bc2\ufffe\ufffe\ufffe\u0bc6\u0bc7\u0bc8\ufffe\u0bca\u0bcb\u0bcc\u0bcd"
        "\u0bd0abcdefghijklmno"
        "pqrstuvwxyz\u0bd7\u0bf0\u0bf1\u0bf2\u0bf9"
    ),
    12: (  # telugu
        "\u0c01\u0c02\u0c03\u0c05\u0c06\u0c07\u0c08\u0c09\u0c0a\u0c0b\n\u0c0c\ufffe\r\u0c0e\u0c0f"
        "\u0c10\ufffe\u0c12\u0c13\u0c14\u0c15\u0c16\u0c17\u0c18\u0c19\u0c1a\ufffe\u0c1b\u0c1c\u0c1d\u0c1e"
        " !\u0c1f\u0c20\u0c21\u0c22\u0c23\u0c24)(\u0c25\u0c26,\u0c27.\u0c28"
        "0123456789:;\ufffe\u0c2a\u0c2b?"
        "\u0c2c\u0c2d\u0c2e\u0c2f\u0c30\u0c31\u0c32\u0c33\ufffe\u0c35\u0c36\u0c37\u0c38\u0c39\ufffe\u0c3d"
        "\u0c3e\u0c3f\u0c40\u0c41\u0c42\u0c43\u0c44\ufffe\u0c46\u0c47\u0c48\ufffe\u0c4a\u0c4b\u0c4c\u0c4d"
        "\u0c55abcdefghijklmno"
        "pqrstuvwxyz\u0c56\u0c60\u0c61\u0c62\u0c63"
    ),
    13: (  # urdu
        "\u0627\u0622\u0628\u067b\u0680\u067e\u06a6\u062a\u06c2\u067f\n\u0679\u067d\r\u067a\u067c"
        "\u062b\u062c\u0681\u0684\u0683\u0685\u0686\u0687\u062d\u062e\u062f\ufffe\u068c\u0688\u0689\u068a"
        " !\u068f\u068d\u0630\u0631\u0691\u0693)(\u0699\u0632,\u0696.\u0698"
        "0123456789:;\u069a\u0633\u0634?"
        "\u0635\u0636\u0637\u0638\u0639\u0641\u0642\u06a9\u06aa\u06ab\u06af\u06b3\u06b1\u0644\u0645\u0646"
        "\u06ba\u06bb\u06bc\u0648\u06c4\u06d5\u06c1\u06be\u0621\u06cc\u06d0\u06d2\u064d\u0650\u064f\u0657"
        "\u0654abcdefghijklmno"
        "pqrstuvwxyz\u0655\u0651\u0653\u0656\u0670"
    ),
}

SINGLE = {
    1: (  # turkish
        "0A\f14^28{29}2F\\3C[3D~3E]40|47\u011e49\u013053\u015e63\u00e765\u20ac67\u011f69\u013173\u015f"
    ),
    2: (  # spanish
        "09\u00e70A\f14^28{29}2F\\3C[3D~3E]40|41\u00c149\u00cd4F\u00d355\u00da61\u00e165\u20ac69\u00ed"
        "6F\u00f375\u00fa"
    ),
    3: (  # portuguese
        "05\u00ea09\u00e70A\f0B\u00d40C\u00f40E\u00c10F\u00e112\u03a613\u039314^15\u03a916\u03a017\u03a8"
        "18\u03a319\u03981F\u00ca28{29}2F\\3C[3D~3E]40|41\u00c049\u00cd4F\u00d355\u00da5B\u00c35C\u00d5"
        "61\u00c265\u20ac69\u00ed6F\u00f375\u00fa7B\u00e37C\u00f57F\u00e2"
    ),
    4: (  # bengali
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09e61A\u09e71C\u09e81D\u09e91E\u09ea1F\u09eb20\u09ec21\u09ed22\u09ee23\u09ef24\u09df"
        "25\u09e026\u09e127\u09e228{29}2A\u09e32B\u09f22C\u09f32D\u09f42E\u09f52F\\30\u09f631\u09f732\u09f8"
        "33\u09f934\u09fa3C[3D~3E]40|41A42B43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X"
        "59Y5AZ65\u20ac"
    ),
    5: (  # gujarati
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0ae61D\u0ae71E\u0ae81F\u0ae920\u0aea21\u0aeb22\u0aec23\u0aed24\u0aee"
        "25\u0aef28{29}2F\\3C[3D~3E]40|41A42B43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W"
        "58X59Y5AZ65\u20ac"
    ),
    6: (  # hindi
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u09661D\u09671E\u09681F\u096920\u096a21\u096b22\u096c23\u096d24\u096e"
        "25\u096f26\u095127\u095228{29}2A\u09532B\u09542C\u09582D\u09592E\u095a2F\\30\u095b31\u095c32\u095d"
        "33\u095e34\u095f35\u096036\u096137\u096238\u096339\u09703A\u09713C[3D~3E]40|41A42B43C44D45E46F47G48H"
        "49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    7: (  # kannada
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0ce61D\u0ce71E\u0ce81F\u0ce920\u0cea21\u0ceb22\u0cec23\u0ced24\u0cee"
        "25\u0cef26\u0cde27\u0cf128{29}2A\u0cf22F\\3C[3D~3E]40|41A42B43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO"
        "50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    8: (  # malayalam
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0d661D\u0d671E\u0d681F\u0d6920\u0d6a21\u0d6b22\u0d6c23\u0d6d24\u0d6e"
        "25\u0d6f26\u0d7027\u0d7128{29}2A\u0d722B\u0d732C\u0d742D\u0d752E\u0d7a2F\\30\u0d7b31\u0d7c32\u0d7d"
        "33\u0d7e34\u0d7f3C[3D~3E]40|41A42B43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X"
        "59Y5AZ65\u20ac"
    ),
    9: (  # oriya
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0b661D\u0b671E\u0b681F\u0b6920\u0b6a21\u0b6b22\u0b6c23\u0b6d24\u0b6e"
        "25\u0b6f26\u0b5c27\u0b5d28{29}2A\u0b5f2B\u0b702C\u0b712F\\3C[3D~3E]40|41A42B43C44D45E46F47G48H49I4AJ"
        "4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    10: (  # punjabi
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0a661D\u0a671E\u0a681F\u0a6920\u0a6a21\u0a6b22\u0a6c23\u0a6d24\u0a6e"
        "25\u0a6f26\u0a5927\u0a5a28{29}2A\u0a5b2B\u0a5c2C\u0a5e2D\u0a752F\\3C[3D~3E]40|41A42B43C44D45E46F47G"
        "48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    11: (  # tamil
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u09641A\u09651C\u0be61D\u0be71E\u0be81F\u0be920\u0bea21\u0beb22\u0bec23\u0bed24\u0bee"
        "25\u0bef26\u0bf327\u0bf428{29}2A\u0bf52B\u0bf62C\u0bf72D\u0bf82E\u0bfa2F\\3C[3D~3E]40|41A42B43C44D"
        "45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    12: (  # telugu
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*1C\u0c661D\u0c671E\u0c681F\u0c6920\u0c6a21\u0c6b22\u0c6c23\u0c6d24\u0c6e25\u0c6f26\u0c58"
        "27\u0c5928{29}2A\u0c782B\u0c792C\u0c7a2D\u0c7b2E\u0c7c2F\\30\u0c7d31\u0c7e32\u0c7f3C[3D~3E]40|41A42B"
        "43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
    13: (  # urdu
        "00@01\u00a302$03\u00a504\u00bf05\"06\u00a407%08&09'0A\f0B*0C+0E-0F/10<11=12>13\u00a114^15\u00a116_"
        "17#18*19\u06001A\u06011C\u06f01D\u06f11E\u06f21F\u06f320\u06f421\u06f522\u06f623\u06f724\u06f8"
        "25\u06f926\u060c27\u060d28{29}2A\u060e2B\u060f2C\u06102D\u06112E\u06122F\\30\u061331\u061432\u061b"
        "33\u061f34\u064035\u065236\u065837\u066b38\u066c39\u06723A\u06733B\u06cd3C[3D~3E]3F\u06d440|41A42B"
        "43C44D45E46F47G48H49I4AJ4BK4CL4DM4EN4FO50P51Q52R53S54T55U56V57W58X59Y5AZ65\u20ac"
    ),
}
