# Installs the headers and the CMake package, so that find_package(xgrad) gives xgrad::autodiff, xgrad::nn and xgrad::draw.
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xgrad")

set(umbrellas autodiff.hpp)
foreach(library IN ITEMS nn draw)
    if(TARGET xgrad_${library})
        list(APPEND umbrellas ${library}.hpp)
    endif()
endforeach()
install(CODE "
    set(source \"${PROJECT_SOURCE_DIR}\")
    set(destination \"${CMAKE_INSTALL_INCLUDEDIR}\")
    set(umbrellas ${umbrellas})")
install(SCRIPT cmake/install_headers.cmake)

configure_package_config_file(cmake/xgradConfig.cmake.in "${PROJECT_BINARY_DIR}/xgradConfig.cmake"
    INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/xgradConfig.cmake" "${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake"
    cmake/FindOpenBLAS.cmake DESTINATION "${package_dir}")
if(TARGET xgrad_autodiff)
    install(EXPORT xgradTargets NAMESPACE xgrad:: DESTINATION "${package_dir}")
endif()
if(TARGET xgrad_draw)
    install(EXPORT xgradDrawTargets NAMESPACE xgrad:: DESTINATION "${package_dir}")
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
